module.exports={run:async()=>true}
