package show

import "github.com/rewave/rewave/internal/evaluation"

// words is the language of the pages; there is one so far.
var words = evaluation.English().With(prefixed(english))

// say is the sentence under key with its {names} filled in.
func say(key string, args ...string) string { return words.Say(prefix+key, args...) }

// sayCount is say for a sentence about {count} things.
func sayCount(key string, n int, args ...string) string {
	return words.SayCount(prefix+key, int64(n), args...)
}

// prefix keeps our keys apart from those of other rooms.
const prefix = "show."

func prefixed(sentences map[string]string) map[string]string {
	out := make(map[string]string, len(sentences))
	for key, text := range sentences {
		out[prefix+key] = text
	}
	return out
}

var english = map[string]string{
	"skip":         "To the content",
	"menu":         "Pages",
	"menu.brand":   "Rewave",
	"menu.index":   "Campaigns",
	"menu.mailbox": "Mailbox",
	"menu.texts":   "Texts",

	"index.title":     "Campaigns",
	"index.campaigns": "Campaigns",
	"index.none":      "No campaign is applied yet.",
	"index.report":    "Report",
	"index.plan":      "Plan",
	"index.files":     "Campaign as written",
	"index.sent":      "What was sent",
	"index.letters":   "{count} e-mails",
	"index.letters.0": "no e-mail yet",
	"index.letters.1": "1 e-mail",
	"index.texts":     "{count} text messages",
	"index.texts.0":   "no text message yet",
	"index.texts.1":   "1 text message",
	"index.unread":    "cannot be read just now",
	"index.mailbox":   "Mailbox",
	"index.phones":    "Texts",
	"index.audit":     "Audit of the ledger",
	"index.unaudited": "The audit could not be run just now.",
	"index.next":      "What to try next",
	"index.links":     "Elsewhere",
	"index.folder":    "The files are in",

	"campaign.files":  "Files",
	"campaign.all":    "All files",
	"campaign.long":   "This file is too long to be shown here.",
	"campaign.binary": "This file is not text.",
	"campaign.empty":  "This file is empty.",

	"mailbox.title":   "Mailbox",
	"mailbox.count":   "{count} messages",
	"mailbox.count.0": "No message",
	"mailbox.count.1": "1 message",
	"mailbox.range":   "Messages {last} to {first} of {count}, newest first",
	"mailbox.found":   "With “{query}” in recipient or subject, of {count}, newest first",
	"mailbox.none":    "No e-mail has been sent yet.",
	"mailbox.nothing": "No recipient and no subject has “{query}” in it.",
	"mailbox.beyond":  "There is nothing more in this direction.",
	"mailbox.search":  "Recipient or subject",
	"mailbox.go":      "Search",
	"times":           "Times are those of {zone}.",
	"mailbox.all":     "Show all",
	"mailbox.broken":  "line {number} of the log cannot be read",
	"mailbox.bare":    "(no subject)",
	"col.subject":     "Subject",
	"col.to":          "To",
	"col.at":          "Arrived",
	"turn":            "Other messages",
	"turn.newest":     "Newest",
	"turn.newer":      "Newer",
	"turn.older":      "Older",
	"turn.oldest":     "Oldest",

	"message.title":   "Message {number}",
	"message.number":  "Message {number}, arrived {at} ({zone}) for {to}",
	"message.head":    "Headers",
	"message.text":    "As text",
	"message.html":    "As HTML",
	"message.frame":   "The message's HTML. Nothing in it is loaded from elsewhere and no script runs; its links open in a new tab.",
	"message.others":  "Other parts",
	"message.unnamed": "without a name",
	"message.source":  "Source",
	"message.neither": "The message has neither text nor HTML.",
	"message.headers": "The headers cannot be read; below is the message as it arrived.",
	"message.form":    "The message is not well formed; what could be read of it is below.",
	"message.parts":   "The message has more parts than are shown.",
	"message.cut":     "The message is longer than what is shown.",
	"message.charset": "The character set {charset} is not read here; the source has the bytes.",

	"texts.title":   "Texts",
	"texts.count":   "{count} text messages, newest first",
	"texts.count.0": "No text message",
	"texts.count.1": "1 text message",
	"texts.page":    "{count} text messages, newest first; page {page} of {last}",
	"texts.none":    "No text message has been sent yet.",
	"texts.most":    "The newest {most} are listed.",
	"texts.broken":  "The file is not written as a text message is.",
	"texts.from":    "from {from}",

	"error.page":          "there is no such page",
	"error.page.hint":     "Start from the campaigns.",
	"error.campaign":      "there is no campaign of this name",
	"error.campaign.hint": "The first page lists those there are.",
	"error.folder":        "the files of this campaign are not there",
	"error.file":          "the campaign has no such file",
	"error.file.hint":     "Its page lists those it has.",
	"error.message":       "there is no message of this number",
	"error.message.hint":  "The mailbox lists those there are.",
	"error.line":          "line {number} of the mailbox's log cannot be read",
	"error.large":         "the message is too large to be shown",
	"error.large.hint":    "It is in mailbox.mbox, beside the log.",
	"error.query":         "the search is too long",
	"error.query.hint":    "Use at most 200 characters.",
	"error.method":        "these pages can only be looked at",
	"error.method.hint":   "Only GET and HEAD are answered.",
	"error.host":          "these pages are not at this address",
	"error.host.hint":     "Open them under localhost or an IP address.",
	"error.internal":      "this page could not be made",
	"error.internal.hint": "What went wrong is in the log.",
	"error.back":          "Campaigns",
}
