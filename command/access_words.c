/*
 * access_words -- the extract's words, in Swedish and English
 *
 * No word of the trade stands alone: what a purpose or a refusal is gets said
 * in a sentence.
 */
#include "command/access.h"

#include <string.h>

static const char *const purposes[PURPOSES][ACCESS_LANGUAGES] = {
	[PURPOSE_CARE] = { "För din vård: personalen behövde veta vad som "
			   "sades.",
			   "For your care: the staff needed to know what was "
			   "said." },
	[PURPOSE_QUALITY] = { "För att följa upp hur bra vården är.",
			      "To follow up how good the care is." },
	[PURPOSE_COMPLAINT] = { "För att utreda ett klagomål från dig eller "
				"någon närstående.",
				"To look into a complaint by you or somebody "
				"close to you." },
	[PURPOSE_INCIDENT] = { "För att utreda en skada eller en risk i "
			       "vården.",
			       "To investigate an injury, or a risk of one, in "
			       "care." },
	[PURPOSE_ACCESS] = { "För att du själv bad om dina uppgifter.",
			     "Because you yourself asked for your data." },
	[PURPOSE_SUPERVISION] = { "För att en tillsynsmyndighet krävde det.",
				  "Because a supervisory authority demanded "
				  "it." },
	[PURPOSE_LEGAL] = { "För att pröva ett rättsligt anspråk.",
			    "For a legal claim." },
};

static const char *const words[ACCESS_WORDS][ACCESS_LANGUAGES] = {
	[ACCESS_TITLE] = { "Vem har lyssnat på dina samtal?",
			   "Who has listened to your calls?" },
	[ACCESS_INTRO] = { "Du har bett om ett utdrag. Här står varje gång "
			   "någon har "
			   "lyssnat på eller läst om dina inspelade samtal, "
			   "och varje "
			   "gång någon har försökt men inte fått. Varje rad "
			   "finns i en "
			   "logg som inte går att ändra i efterhand utan att "
			   "det märks.",
			   "You have asked for an extract. Here is each time "
			   "that "
			   "somebody listened to or read about your recorded "
			   "calls, and "
			   "each time that somebody tried and was not allowed "
			   "to. Each "
			   "line stands in a log that cannot be changed "
			   "afterwards "
			   "without anybody noticing." },
	[ACCESS_CALL] = { "Samtal", "Call" },
	[ACCESS_CONTROLLER] = { "Ansvarig för inspelningen",
				"Responsible for the recording" },
	[ACCESS_WHEN] = { "När", "When" },
	[ACCESS_WHO] = { "Vem, från vilken enhet", "Who, from which unit" },
	[ACCESS_WHY] = { "Varför", "Why" },
	[ACCESS_WHAT] = { "Vad som hände", "What happened" },
	[ACCESS_NOBODY] = { "Ingen har lyssnat på det här samtalet.",
			    "Nobody has listened to this call." },
	[ACCESS_RIGHTS] = { "Tycker du att någon har lyssnat utan anledning? "
			    "Skriv till "
			    "den som är ansvarig för inspelningen. Du kan "
			    "också klaga hos "
			    "Integritetsskyddsmyndigheten (imy.se). Namnen är "
			    "de konton "
			    "som personalen använder; den ansvariga kan säga "
			    "vem det är.",
			    "Do you think that somebody listened without a "
			    "reason? Write "
			    "to whoever is responsible for the recording. You "
			    "can also "
			    "complain to the Swedish Authority for Privacy "
			    "Protection "
			    "(imy.se). The names are the accounts that the "
			    "staff use; "
			    "whoever is responsible can say who that is." },
	[ACCESS_MADE] = { "Utdraget gjordes", "This extract was made" },
	[ACCESS_PAGE] = { "Sida", "Page" },
};

static const struct {
	const char *reason;
	const char *words[ACCESS_LANGUAGES];
} refusals[] = {
	{ "wrong-role",
	  { "Nekades: personen hade inte rätt till det.",
	    "Refused: the person had no right to." } },
	{ "wrong-purpose",
	  { "Nekades: skälet räckte inte.",
	    "Refused: the reason was not good enough." } },
	{ "needs-approval",
	  { "Nekades: en andra person måste först säga ja.",
	    "Refused: a second person has to say yes "
	    "first." } },
	{ "blocked",
	  { "Nekades: du har spärrat dina uppgifter.",
	    "Refused: you have blocked your data." } },
	{ "erased",
	  { "Nekades: inspelningen var raderad.",
	    "Refused: the recording was erased." } },
	{ "quota",
	  { "Nekades: personen hade öppnat för många på kort tid.",
	    "Refused: the person had opened too many in a short "
	    "time." } },
};

const char *access_purpose(enum purpose p, enum access_language l)
{
	return purposes[p][l];
}

const char *access_word(enum access_word w, enum access_language l)
{
	return words[w][l];
}

const char *access_outcome(const struct access *a, enum access_language l)
{
	static const char *const opened[][ACCESS_LANGUAGES] = {
		{ "Fick lyssna på samtalet.", "Was given the call to hear." },
		{ "Fick läsa uppgifter om samtalet.",
		  "Was given facts about the call to read." },
	};
	static const char *const refused[ACCESS_LANGUAGES] = {
		"Nekades av systemet.", "Refused by the system."
	};
	static const char *const asked[ACCESS_LANGUAGES] = {
		"Bad om det, men fick det inte.",
		"Asked for it, and did not get it."
	};

	if (a->outcome == ACCESS_OPENED)
		return opened[a->scope != SCOPE_AUDIO][l];
	if (a->outcome == ACCESS_ASKED)
		return asked[l];
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (!strcmp(refusals[i].reason, a->reason))
			return refusals[i].words[l];
	return refused[l];
}
