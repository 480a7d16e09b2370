package evaluation

// english holds every sentence a result can say. Figures in braces are already
// formatted; "per 100" is the only unit of rates, as frequencies are understood
// better than percentages.
var english = map[string]string{
	"bought": "Of every 100 customers we wrote to, {treat} bought again; {hold} would have bought anyway. " +
		"The campaign's own effect is {effect} (between {lo} and {hi}).",

	"pays":       "{bought} It pays: it needs {needs}.",
	"loses":      "{bought} It does not pay: it needs {needs}.",
	"loses.harm": "{bought} It costs you buyers.",
	"open":       "{bought} We cannot yet say it pays: it needs {needs}.",
	"none":       "{bought}",

	"pays.zero":  "{bought} It brings buyers back; whether it pays is not known, as {why}: the verdict is against 0.",
	"loses.zero": "{bought} It costs you buyers. The verdict is against 0, as {why}.",
	"open.zero":  "{bought} We cannot yet say that it brings buyers back. The verdict is against 0, as {why}.",

	"why.cost":   "no cost per message is declared",
	"why.margin": "no margin is declared",
	"why.order":  "the average order is not known",

	"aa": "Nobody was treated: this is a replay of the shop's own history, and both groups are alike by construction. " +
		"Of every 100 customers in the one, {treat} bought again; in the other {hold}. " +
		"The difference is {effect} (between {lo} and {hi}).",
	"aa.holds": "{aa} It includes 0, as a correct report does in 95 of 100 replays.",
	"aa.excludes": "{aa} It leaves out 0, as a correct report does in 5 of 100 replays; " +
		"if other salts do so too, something sorts the customers.",
	"aa.refused":    "Nobody was treated: this is a replay of the shop's own history. {refusal}",
	"aa.explain":    "This checks the measurement; it is not a finding about the campaign.",
	"aa.detectable": "With groups of these sizes, an effect of {lift} per 100 would be seen in 80 of 100 runs.",

	"disagree.pays": "{bought} By buyers it pays, by profit it loses: {profit} per customer (between {profitLo} and {profitHi}). " +
		"The two disagree, so we cannot say yet.",
	"disagree.loses": "{bought} By buyers it does not pay, by profit it does: {profit} per customer (between {profitLo} and {profitHi}). " +
		"The two disagree, so we cannot say yet.",
	"disagree.explain":    "Buyers count one for one. Profit counts what they spent and what the coupons and messages cost.",
	"disagree.pays.next":  "See whether the coupon takes off more than the extra orders earn, or whether they are small.",
	"disagree.loses.next": "See whether those written to buy for more, or whether a few large orders do it.",

	"metric.orders":      "orders",
	"metric.revenue":     "revenue",
	"metric.profit":      "profit",
	"metric.refund_rate": "returned orders",

	"open.explain": "We cannot tell yet. The campaign may have changed the number of buyers by anything " +
		"from {lo} to {hi} per 100 customers; it needs {needs} to pay for itself.",
	"open.explain.zero": "We cannot tell yet. The campaign may have changed the number of buyers by anything " +
		"from {lo} to {hi} per 100 customers.",

	"needs.sample":         "To see a difference of {step} per 100 takes about {needed} enrollments; there are {have}.",
	"needs.pace":           "At the present pace they have entered and are final by {date}.",
	"needs.closes":         "Entry closes on {until}, at the present pace with about {reached}: extend it or widen the segment.",
	"needs.again":          "Entry is closed, so this run will not tell. A further run of that size, begun now, is final by {date}: widen the segment.",
	"needs.holdout":        "With half of the customers held out, about {fewer} would do.",
	"needs.cannot":         "A campaign of this size cannot tell within three years: it takes a larger audience.",
	"needs.cannot.holdout": "A campaign of this size cannot tell within three years: it takes a larger audience or a larger holdout.",
	"below":                "less than {unit}",

	"E01": "The two groups are not the sizes we planned ({treat}/{hold} instead of {plannedTreat}/{plannedHold}; " +
		"chance of this: {chance}). Something removed customers from one group, so we do not show a result.",
	"E02.nobody":    "Nobody has entered this campaign yet.",
	"E02.none":      "This campaign holds nobody out, so what would have been bought anyway is not known.",
	"E02.group":     "Only {count} customers are held out. That is too few to say anything; {wait}.",
	"E02.group.0":   "No customer is held out so far. That is too few to say anything; {wait}.",
	"E02.group.1":   "Only one customer is held out. That is too few to say anything; {wait}.",
	"E02.hold":      "Only {count} holdout customers bought. That is too few to say anything; {wait}.",
	"E02.hold.0":    "Nobody in the holdout bought. That is too few to say anything; {wait}.",
	"E02.hold.1":    "Only one holdout customer bought. That is too few to say anything; {wait}.",
	"E02.treat":     "Only {count} of the customers we wrote to bought. That is too few to say anything; {wait}.",
	"E02.treat.0":   "None of the customers we wrote to bought. That is too few to say anything; {wait}.",
	"E02.treat.1":   "Only one of the customers we wrote to bought. That is too few to say anything; {wait}.",
	"E02.wait":      "wait for about {more} more",
	"E02.waiting":   "wait for more",
	"E02.slow":      "at the present pace there are not enough within three years: widen the segment",
	"E02.slow.hold": "at the present pace there are not enough within three years: widen the segment or hold out more",
	"E02.again":     "a further run needs about {needed} enrollments",
	"E02.larger":    "a further run needs more customers",
	"E03":           "Results open on {date}; before that the figures are provisional and there is no verdict.",
	"E03.moving": "Results open when 95 % of the enrollments are final; {final} of {all} are. " +
		"Entry has no end, so that day moves on while it is open: give the campaign an `until`. " +
		"Before that day the figures are provisional and there is no verdict.",
	"E03.later": "Results are not open yet: {final} of {all} enrollments are final. Until 95 % are, the figures are provisional and there is no verdict.",
	"E04":       "{share} of the customers who should have received nothing did receive the message.",
	"E04.much":  "{share} of the customers who should have received nothing were reached all the same: the difference understates what the campaign does.",
	"E04.some":  "{share} of the customers who should have received nothing were reached all the same; the difference is a little larger than shown.",
	"E05":       "We do not know when {share} of the holdout would have been contacted.",
	"E06":       "{count} customers were assigned by another share or salt than the design's, the first on {date}: these are two experiments in one.",
	"E07":       "Order data is missing for {count} hours: so long a time without an order is no chance.",
	"E07.1":     "Order data is missing for an hour: so long a time without an order is no chance.",
	"E07.until": "The shop has told all orders up to {date} only, and windows end after that.",
	"E08":       "The groups already differed before the campaign: of every 100, {treat} of those written to had bought and {hold} of those held out.",
	"E12":       "Other campaigns wrote to {share} of the customers we wrote to: what is found is this campaign on top of them.",
	"E09":       "A percentage cannot be given because the natural rate is close to zero.",
	"E11":       "One order of {order} decides this result.",
	"E11.skew":  "A few customers decide what is said of {metrics}: no range can be given.",
	"so.far": "So far, with {count} of {all} enrollments complete: of every 100 customers we wrote to, {treat} bought again; " +
		"of every 100 held out, {hold}.",
	"so.far.nobody": "No enrollment has its window behind it yet.",

	"chance":      "1 in {odds}",
	"chance.tiny": "less than 1 in a billion",
}
