package report

var programmeEnglish = map[string]string{
	"programme.title":   "All campaigns together",
	"programme.holdout": "The global holdout",
	"programme.holdout.none": "No campaign has begun under a global holdout, so what all of them bring together cannot be compared with customers " +
		"whom none may write to.",
	"programme.holdout.how": "Declare one in rewave.yaml, with a share and an epoch: global_holdout: {share: 5%, epoch: \"2026\"}. " +
		"It counts for designs that begin after it.",
	"programme.epoch": "The global holdout, epoch {epoch}",
	"programme.young": "Epoch {epoch} began on {first}: the span leaves nothing of it to count.",
	"programme.span": "What customers did from {from}, or from when each could first enter a campaign, until {until}: {treat} could be written to, " +
		"{hold} were held out of everything ({share} planned).",
	"programme.cost":          "The programme cost {messages} in messages and {codes} in codes that were used.",
	"programme.money.caption": "What a customer brought in the span",
	"programme.rates.caption": "Customers and what they bought in the span",
	"programme.group":         "Group",
	"programme.rest":          "everybody else",
	"programme.held":          "held out of everything",
	"programme.customers":     "Customers",
	"programme.bought.col":    "Bought",
	"programme.orders":        "Orders",
	"programme.revenue":       "Revenue",
}
