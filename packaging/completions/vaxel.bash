# bash completion for vaxel
_vaxel() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	case $prev in
	-c | --key-file | --policy | --register | --out) COMPREPLY=($(compgen -f -- "$cur")); return ;;
	--role) COMPREPLY=($(compgen -W "national supplier provider one-machine reviewer officer" -- "$cur")); return ;;
	esac
	if [ "$COMP_CWORD" = 1 ]; then
		COMPREPLY=($(compgen -W "init run check status calls queues trunks route recording ledger register key user disclosure access-request probe witness --help --version" -- "$cur"))
		return
	fi
	case ${COMP_WORDS[1]} in
	recording) COMPREPLY=($(compgen -W "list show open export verify recover hold release-hold erase -c --json --as --to --purpose --scope --again --reason --receipt --key-file --yes --help" -- "$cur")) ;;
	ledger) COMPREPLY=($(compgen -W "verify fsck append tail prove check-proof consistency cosign --ca --key --key-file --policy --origin --database --resume --json --help" -- "$cur")) ;;
	register) COMPREPLY=($(compgen -W "show at article30 what-if -c --register --json --picture --dot --help" -- "$cur")) ;;
	route) COMPREPLY=($(compgen -W "1177 --municipality --at -c --json --help" -- "$cur")) ;;
	access-request) COMPREPLY=($(compgen -W "--as --to --passphrase --key-file -c --help" -- "$cur")) ;;
	probe) COMPREPLY=($(compgen -W "-c --by-node --patience --json --help" -- "$cur")) ;;
	witness) COMPREPLY=($(compgen -W "-c --help" -- "$cur")) ;;
	check) COMPREPLY=($(compgen -W "-c --policy --help" -- "$cur")) ;;
	key) COMPREPLY=($(compgen -W "new split join propose approve rotate unlock lock -c --out --recovery --handover --witness --need --of --passphrase --recipient --entry --check --without-entry --as --for --from --months --destroy --recovery --reason --key-file --json --help" -- "$cur")) ;;
	disclosure) COMPREPLY=($(compgen -W "show approve -c --as --key-file --json --help" -- "$cur")) ;;
	user) COMPREPLY=($(compgen -W "add list remove -c --role --json --help" -- "$cur")) ;;
	init) COMPREPLY=($(compgen -W "--role --listen --recipient --json --help" -- "$cur")) ;;
	*) COMPREPLY=($(compgen -W "-c --json --help" -- "$cur")) ;;
	esac
	[ ${#COMPREPLY[@]} = 0 ] && COMPREPLY=($(compgen -f -- "$cur"))
}
complete -F _vaxel vaxel
