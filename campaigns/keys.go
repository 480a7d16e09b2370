package campaigns

import "maps"

// The tables of the format, from the whole file down.
var (
	topTable = table{
		keys: []key{
			{"campaign", "Its name for ever: small letters, digits and hyphens, at most 60.", matching(campaignPattern), list("win-back"), true},
			{"says", "What it is for, in a sentence.", someText, list("Bring back those who have been silent for 90 days."), false},
			{"owner", "Who answers for it.", someText, list("retention@shop.example"), false},
			{"enter", "Who comes in, and when.", object(enterTable), list(shape{"on": "order_paid", "when": "orders.count == 1"}), true},
			{"from", "The first day on which customers come in, in the shop's zone.", date, list("2026-11-12"), false},
			{"until", "The first day on which nobody comes in any more.", date, list("2027-06-01"), false},
			{"holdout", "The share that is not contacted, so that the rest can be compared with it; auto picks the smallest that can prove break-even; none needs a because.",
				anyOf(insideShare, words("auto", "none")), list("auto", "20%", "none"), false},
			{"because", "Why there is no holdout, for those who will ask what the campaign brought.", someText, list("a trial of the templates on ourselves"), false},
			{"exit", "What ends the sending to a customer; repurchased is a kept order since entry.", listOf(words(exitReasons...), 0), list(list("repurchased")), false},
			{"hold_while", "What holds messages back while it lasts.", listOf(words(holdConditions...), 0), list(list("complaint_open", "dispute")), false},
			{"if_feed_stale", "What to do where the orders may be incomplete at the moment of sending; wait where there is an exit, else send.", words(staleAnswers...), list("wait"), false},
			{"rounds", "How often the waves are gone through; once where it is left out.", object(roundTable), list(shape{"times": 5, "every": "30d"}), false},
			{"strata", "Groups of customers with content of their own, told apart by a text and frozen at entry.", object(strataTable), nil, false},
			{"waves", "The messages, in the order of the file.", shape{"type": "array", "items": object(waveTable), "minItems": 1, "maxItems": maxWaves}, nil, true},
			{"limits", "What holds the campaign back.", object(limitTable), list(shape{"per_customer": "4 in 14d", "priority": 40}), false},
			{"evaluation", "What will be read, declared before the first send.", object(evaluationTable), nil, false},
		},
		later: []string{"zone", "currency", "branches"},
		elsewhere: merged(below("enter:", enterTable), below("limits:", limitTable), below("evaluation:", evaluationTable), below("waves:", waveTable),
			map[string]string{"name": `write campaign: win-back`, "segment": "the rule stands below enter: enter: {when: orders.count == 1}"}),
		between: []shape{holdoutOrService, strataOfParts},
	}

	enterTable = table{
		keys: []key{
			{"schedule", "Entry at set times, in the shop's zone.", object(scheduleTable), list(shape{"every": "monday", "at": "10:00"}, shape{"at": "2026-11-12 10:00"}), false},
			{"on", "Entry on an event: each order, an event of the shop's own by its name, or coming to be in a named segment.", anyOf(words(entryEvents...), object(eventTable), object(enteredTable)),
				list("order_paid", shape{"event": "Order Delayed"}, shape{"segment_entered": "at-risk"}), false},
			{"occasion", "Entry on a yearly date: of each customer, or one for all.", object(occasionTable),
				list(shape{"of": "birthday", "before": "7d", "at": "10:00"}, shape{"date": "12-24", "before": "14d", "at": "10:00"}), false},
			{"when", `Who is meant, as a rule; "true" for everyone.`, someText, list("orders.count == 1", "orders.count >= 2 and orders.days_since_last >= 90"), true},
			{"again", "Whether a customer may come in once more; never where it is left out.", anyOf(words("never", "each_time"), matching(againPattern)),
				list("never", "each_time", "after 180d"), false},
		},
		later:   []string{"unless", "segment"},
		between: []shape{exactlyOne("schedule", "on", "occasion")},
	}

	eventTable = table{keys: []key{
		{"event", "The name of the event, as imported.", matching(trimmedPattern), list("Order Delayed"), true},
	}}

	enteredTable = table{keys: []key{
		{segmentEntered, "The named segment.", matching(campaignPattern), list("at-risk"), true},
	}}

	scheduleTable = table{
		keys: []key{
			{"at", "The slot: a date with a time of day, or with every or rrule the time of day.", anyOf(clock, dateTime), list("10:00", "2026-11-12 10:00"), true},
			{"every", "How often: a day's name, day, or month for its first day.", words(recurrences...), list("monday", "day", "month"), false},
			{"rrule", "A recurrence of whole days by RFC 5545.", matching(recurrencePattern), list("FREQ=MONTHLY;BYDAY=1MO"), false},
			{"since", "The day an rrule counts from; the campaign's from where it is left out.", date, list("2026-01-01"), false},
		},
		later: []string{"until", "zone"},
		between: []shape{
			{"not": shape{"required": list("every", "rrule")}},
			{"if": shape{"anyOf": []shape{{"required": list("every")}, {"required": list("rrule")}}},
				"then": shape{"properties": shape{"at": clock}}, "else": shape{"properties": shape{"at": dateTime}}},
			{"if": shape{"required": list("since")}, "then": shape{"required": list("rrule")}},
		},
	}

	occasionTable = table{
		keys: []key{
			{"of", "The customer's date attribute.", matching(trimmedPattern), list("birthday"), false},
			{"date", "A date of every year, month and day.", matching(yearlyPattern), list("12-24"), false},
			{"before", "How many days ahead of it customers come in; on the day where it is left out.", matching(wholeDaysPattern), list("7d", "2w"), false},
			{"at", "The time of day, in the shop's zone.", clock, list("10:00"), true},
		},
		between: []shape{exactlyOne("of", "date")},
	}

	roundTable = table{
		keys: []key{
			{"times", "How many rounds.", whole(1, maxRounds), list(5), true},
			{"every", "From the beginning of one round to that of the next.", anHourOrMore, list("30d"), false},
		},
		between: []shape{{"if": shape{"properties": shape{"times": shape{"const": 1}}}, "else": shape{"required": list("every")}}},
	}

	strataTable = table{keys: []key{
		{"by", "The text that tells customers apart, as a rule gives it.", someText, list("order.category", "customer.region"), true},
		{"values", "The strata by name, each with what messages may say of it as stratum.NOTE.", namesTo(trimmedPattern, notNamed(DefaultStratum), namesTo(notePattern, notNamed("name"), someText, 0, 0), 1, maxStrata),
			list(shape{"food": shape{"concern": "safety"}, "daily": shape{}}), true},
		{"default", "The stratum of customers whose text is unknown or not among the values.", matching(trimmedPattern), list("daily"), true},
	}}

	waveTable = table{
		keys: []key{
			{"wave", "Its name: letters, digits and . _ - between them, at most 60.", except(matching(namePattern), append([]string{DefaultStratum}, reserved...)...), list("thanks"), true},
			{"kind", "A promotion, or a service: a message everybody gets, without holdout, caps and marketing consent.", words(waveKinds...), list("service"), false},
			{"after", "When, by schedule: after the start of the round, or after an earlier wave was due.", anyOf(anyDuration, object(afterTable)),
				list("1d", shape{"wave": "thanks", "wait": "3d"}), true},
			{"between", "The hours of sending in the customer's zone, else the shop's.", shape{"type": "array", "items": endClock, "minItems": 2, "maxItems": 2}, list(list("09:30", "20:30")), false},
			{"channels", "The first that may reach the customer is used.", listOf(words(knownChannels...), 1), list(list("email"), list("sms", "email")), true},
			{"message", "The message's folder below the campaign's.", folderPath, list("messages/thanks"), false},
			{"coupon", "A code for each message, from a pool.", object(couponTable), list(shape{"pool": "d11-20-off", "expires": "10d"}), false},
			{"skip", "The share of treated customers who do not get this wave, drawn anew in each round, so that its own effect can be known.", belowWhole, list("10%"), false},
			{"variants", "Branches with content of their own; their shares add up to 100%.", namesTo(namePattern, nil, object(variantTable), 2, maxVariants),
				list(shape{"plain": shape{"share": "50%"}, "short": shape{"share": "50%", "message": "messages/short"}}), false},
			{"by_stratum", "What the wave says to a stratum instead; default is for all that are not named.", namesTo(trimmedPattern, nil, object(partTable), 1, maxStrata+1),
				list(shape{"food": shape{"message": "messages/care-food"}, "default": shape{"message": "messages/care"}}), false},
			{"ramp", "In three steps, so far apart: 1% of customers first, then up to 10%, then all others; later waves count from the first.", aMinuteOrMore, list("1h"), false},
			{"expires_after", "Later than this it is not sent at all; until the next wave of the round is due, for the last 7d, where it is left out.", aMinuteOrMore, list("2d"), false},
			{"consent", "A service that asks for marketing consent all the same.", words(purpose), list(purpose), false},
			{"caps", "Whether a service counts, and is counted against, caps; false where it is left out.", shape{"type": "boolean"}, list(true), false},
		},
		later: []string{"when", "branches"},
		elsewhere: merged(below("after:", afterTable), below("coupon:", couponTable), below("limits: of the campaign", limitTable),
			map[string]string{"expires": `did you mean "expires_after"?`, "share": "shares belong to variants:", "strata": "strata stand at the top; here it is by_stratum:",
				"holdout": "the holdout is the campaign's, and stands at the top", "exit": "exits stand at the top; for this wave alone: after: {wave: thanks, wait: 2d, unless: repurchased}"}),
		between: []shape{serviceOrPromotion, messageSomewhere},
	}

	afterTable = table{keys: []key{
		{"wave", "An earlier wave, whatever became of it.", matching(namePattern), list("thanks"), true},
		{"wait", "How long after that wave was due.", anyDuration, list("3d"), true},
		{"requires", "accepted: only if that wave's message went out, or was withheld by lot (skip, holdout): its ghost stands for it.", words("accepted"), list("accepted"), false},
		{"unless", "What stops this wave alone.", anyOf(words(exitReasons...), listOf(words(exitReasons...), 1)), list("repurchased"), false},
	}}

	couponTable = table{
		keys: []key{
			{"pool", "The pool the code is taken from.", matching(namePattern), list("d11-20-off"), true},
			{"expires", "How long it is valid from the message on, and then to the end of that day in the shop's zone; as long as the pool where it is left out.", anHourOrMore, list("10d"), false},
			{"if_exhausted", "Where the pool is empty: wait for codes, skip the message, or send without; skip where it is left out.", words(staleAnswers...), list("skip"), false},
		},
		elsewhere: map[string]string{"expires_after": `did you mean "expires"?`},
	}

	partTable = table{keys: []key{
		{"message", "The message's folder below the campaign's.", folderPath, list("messages/care-food"), false},
		{"coupon", "A code from a pool, or none.", anyOf(words("none"), object(couponTable)), list("none", shape{"pool": "food-10", "expires": "10d"}), false},
	}, between: []shape{{"minProperties": 1}}}

	variantTable = table{keys: append([]key{
		{"share", "Its share of the customers.", aboveZero, list("50%"), true},
	}, partTable.keys...)}

	limitTable = table{keys: []key{
		{"per_customer", "At most so many messages of this campaign to one customer in any such span; a change holds for those who enter from then on.", matching(capPattern), list("4 in 14d"), false},
		{"per_minute", "A rate, not a total: so many messages of this campaign go out in any minute at most, perhaps all at once, and the others wait; a change holds at once, for those on their way too.", whole(1, maxMinute), list(600), false},
		{"budget", "What messages and coupons may cost in all, in the shop's currency, what is spent already included; a change holds at once, for those on their way too, and messages that no longer fit are suppressed for good.", budget, list(20000), false},
		{"budget_per_day", "What may be spent on one day in the shop's zone; messages that find none left wait for the next, or end as held; a change holds at once, for those on their way too.", budget, list(500), false},
		{"cool_down", "No promotion of this campaign within that time after a promotion of any other; it waits, or ends as held; a change holds for those who enter from then on.", anyDuration, list("3d"), false},
		{"priority", "0 to 100: of two campaigns that want the same customer, the higher goes; 50 where it is left out; a change holds at once.", whole(0, 100), list(40), false},
		{"group", "Campaigns of a group share the cap that rewave.yaml declares for it below groups; of a group without one a customer is in one campaign at a time. A change holds at once.", matching(namePattern), list("seasonal"), false},
	}}

	evaluationTable = table{
		keys: []key{
			{"primary", "The metric and the point on which the verdict rests.", matching(primaryPattern), list("repurchase_rate at overall_30d"), false},
			{"metrics", "Which figures the report shows beside the repurchase rate, in this order.", listOf(words(knownMetrics...), 1), list(list("repurchase_rate", "revenue", "profit")), false},
			{"points", "When outcomes count, by name.", namesTo(namePattern, notNamed(everyRound), object(pointTable), 1, maxPoints),
				list(shape{"overall_30d": shape{"from": "entry", "window": "30d"}}), false},
			{"looks", "Early looks that are planned: round, or names of points.", listOf(matching(namePattern), 1), list(list(everyRound)), false},
			{"cohort", "A campaign that runs on is read by the span in which customers came in: each is tested once, when it is final; with looks there is one after each.", words(cohortSpans...), list("month"), false},
			{"by", "Splits the figures: stratum, or a text of the profile, each as it was at entry; of whoever entered before it was asked for, it is not known.", listOf(someText, 1), list(list(ByStratum), list("customer.region")), false},
			{"expect", "What is known beforehand, for the plan.", object(expectTable), list(shape{"enrollments": 5000, "natural_rate": "6%"}), false},
		},
		between: []shape{{"if": shape{"properties": shape{"points": shape{"not": shape{"required": list(defaultPoint)}}}, "required": list("points")}, "then": shape{"required": list("primary")}}},
	}

	pointTable = table{keys: []key{
		{"from", "Where the window begins: entry, sequence_end, a wave in every round, or a wave in one.", anyOf(matching(namePattern), object(anchorTable)),
			list("entry", "sequence_end", "thanks", shape{"wave": "thanks", "round": 1}), true},
		{"window", "How long outcomes count.", anHourOrMore, list("30d"), true},
	}}

	anchorTable = table{keys: []key{
		{"wave", "The wave.", matching(namePattern), list("thanks"), true},
		{"round", "The round; every round where it is left out.", whole(1, maxRounds), list(1), false},
	}}

	expectTable = table{keys: []key{
		{"enrollments", "How many customers come in.", whole(1, maxExpected), list(5000), false},
		{"natural_rate", "The share that comes back by itself.", anyShare, list("6%"), false},
		{"redemption", "The share of codes that are used.", anyShare, list("8%"), false},
	}}
)

// merged has the hints of all; the last wins.
func merged(all ...map[string]string) map[string]string {
	out := map[string]string{}
	for _, m := range all {
		maps.Copy(out, m)
	}
	return out
}
