//go:build mutants

package simulation

// edit is a text that a mutant has in place of another.
type edit struct{ file, old, new string }

// mutant is a bug planted on purpose.
type mutant struct {
	name  string
	edits []edit

	// harmless says why nobody can find it; empty: it is to be found.
	harmless string
}

// The files that bugs are planted in. Where the bug would be in SQL, it is
// planted in what stands for the statement here.
const (
	send    = "internal/engine/send_deliveries.go"
	settles = "internal/engine/reap_deliveries.go"
	handOut = "internal/engine/hand_out.go"
	gates   = "internal/delivery/gate.go"
	reserve = "internal/delivery/reserve.go"
	ours    = "internal/simulation/gate.go"
	codes   = "internal/simulation/codes.go"
	ledgers = "internal/simulation/ledger.go"
	plans   = "internal/simulation/planning.go"
	asking  = "internal/engine/reconcile_doubts.go"
	doubts  = "internal/delivery/doubt.go"
	sentTo  = "internal/simulation/doubt.go"
	asked   = "internal/simulation/providers.go"
	worlds  = "internal/simulation/world.go"
	presses = "internal/audience/pressure.go"
	records = "internal/engine/record_feedback.go"
	hearing = "internal/delivery/feedback.go"
	says    = "internal/simulation/feedback.go"
	fails   = "internal/simulation/failover.go"
	heeds   = "internal/engine/heed_providers.go"
	breaks  = "internal/channel/breaker.go"
)

func planted(name, file, old, new string) mutant {
	return mutant{name: name, edits: []edit{{file, old, new}}}
}

var mutants = append(sending, failovers...)

// sending are of what happens on the way from a hint to an outcome.
var sending = []mutant{
	// who may speak, and when
	planted("no reaper", settles, "r, err := e.ledger().Reap(ctx, giveUpAfter, reapLimit)", "var r struct{ Unknown, Final int }\n\tvar err error"),
	{name: "the reaper makes it due again", edits: []edit{{ledgers, "\t\t\td.reason = \"lease lapsed\"\n", "\t\t\td.reason, d.due, d.done = \"lease lapsed\", m.host.now(), time.Time{}\n\t\t\treturn delivery.Planned\n"}}},
	planted("the reaper asks for no epoch", ledgers, "return d.epoch == c.epochs[i] && d.state == delivery.Sending", "return d.state == delivery.Sending"),
	planted("unknown is never final", ledgers, "\t\treaped.Claims = len(due)\n\t\tm.addClaim(t, doubt)\n", "\t\treaped.Claims = len(due)\n"),
	planted("an unknown is noted nowhere", ledgers, "\tm.addClaim(t, doubt)\n\treturn untaken, back, nil", "\treturn untaken, back, nil"),
	planted("a gate notes no claim", ours, "passed.ID = m.addClaim(t, claim)", "_ = claim"),
	planted("an outcome needs no epoch", ledgers, "return d.epoch == s.Claim.Epoch && (d.state", "return (d.state"),
	planted("an outcome overwrites what is final", ledgers, "(d.state == delivery.Sending && ours || d.state == delivery.Unknown && (s.State == delivery.Accepted || s.State == delivery.Failed) ||", "(d.state != delivery.Planned ||"),
	{name: "an outcome settles no unknown", edits: []edit{{ledgers, "(d.state == delivery.Sending && ours || d.state == delivery.Unknown && (s.State == delivery.Accepted || s.State == delivery.Failed) ||", "(d.state == delivery.Sending ||"}}},
	planted("500 is taken for not taken", send, "\tdefault:\n\t\ts.State = delivery.Unknown", "\tdefault:\n\t\ts.State = delivery.Planned"),
	planted("a panic is taken for a refusal", send, `State: delivery.Unknown, Reason: out.Reason}`, `State: delivery.Failed, Reason: out.Reason}`),
	planted("a commit that was lost is called all the same", ours, "\tif err != nil {\n\t\treturn passed, 0, err\n\t}\n\treturn passed, seen, nil", "\treturn passed, seen, nil"),
	planted("a commit that was lost is left to the reaper", send, "if passed.ID == 0 {", "if passed.ID >= 0 {"),
	planted("a lost commit is given back unread", send, "if err == nil && !ours {", "if err == nil && !ours && passed.ID < 0 {"),
	planted("a lease shorter than a call", send, "lease       = 30 * time.Second", "lease       = 5 * time.Second"),
	planted("an outcome is tried once", send, "if run.Sleep(ctx, pause); ctx.Err() != nil {", "if run.Sleep(ctx, pause); true {"),
	planted("what waits for a slot waits for ever", send, "run.Slot(begin, sender", "run.Slot(ctx, sender"),
	{name: "calls begin whenever there is a slot", edits: []edit{{send, "begin, cancel := run.Timeout(ctx, startWithin)", "_, cancel := run.Timeout(ctx, startWithin)"}, {send, "run.Slot(begin, sender", "run.Slot(ctx, sender"}, {send, "if now.Sub(committed) > startWithin || begin.Err() != nil || rests.Load() {", "if ctx.Err() != nil {"}}},
	planted("a gate takes as long as it likes", send, "gateTimeout = 3 * time.Second", "gateTimeout = 90 * time.Second"),
	planted("what was not begun is not given back", send, "if len(back) > 0 {", "if false {"),
	planted("a claim is given back for all", send, "return postgres.Settlement{Claim: c, State: delivery.Planned, Reason: \"given back\"}", "return postgres.Settlement{Claim: c, State: delivery.Unknown, Reason: \"given back\"}"),

	// what is in doubt
	planted("not found is taken for not taken", asking, "\t\t\tleft = append(left, d)\n", "\t\t\tsettled, of = append(settled, postgres.Settlement{Claim: d.Claim, State: delivery.Failed, Reason: \"not found\"}), append(of, d)\n"),
	planted("a message is sent again outside the window", doubts, "return !at.Before(claimed) && at.Before(claimed.Add(Usable(window)))", "return !at.Before(claimed)"),
	planted("what is in doubt is sent again whoever said no", doubts, "for _, ask := range []func(time.Time) (Answer, bool){f.ended, f.stopped, f.waits} {", "for _, ask := range []func(time.Time) (Answer, bool){f.ended, f.waits} {"),
	planted("what is in doubt is sent again in a pause", doubts, "f.ended, f.stopped, f.waits} {", "f.stopped, f.waits} {"),
	planted("nobody asks", asking, "doubts, err := e.ledger().Doubts(ctx, channels, askLimit)", "doubts, err := []postgres.Doubt(nil), error(nil)"),
	planted("who is sent again is not noted", sentTo, "\t\t\tm.resends.add(t, resend{c.ID, c.Epoch, m.host.now()})\n", "\t\t\t_ = c\n"),

	// locks
	{name: "the gate takes what is under way", edits: []edit{
		{ours, "return !d.due.IsZero() && !d.due.After(began) && inLane(d, in.Lane)", "return (d.state == delivery.Planned || d.state == delivery.Sending) && !d.due.After(began) && inLane(d, in.Lane)"},
		{ours, "d.state != delivery.Planned || d.epoch != g.Epoch", "d.state != delivery.Planned && d.state != delivery.Sending || d.epoch != g.Epoch"}}},
	planted("what was moved meanwhile is sent all the same", ours, "\t\t\treturn errMoved\n", "\t\t\t_ = errMoved\n"),
	planted("the gate locks no customer", ours, "return !take(t, m.person(r.was.customer)) })\n\tsort", "return m.person(r.was.customer) == nil })\n\tsort"),
	planted("a customer twice in a chunk", ours, "rows = slices.CompactFunc(rows, func(a, b *record[message]) bool { return a.was.customer == b.was.customer })", ""),
	planted("the clock is read before the locks", ours, "\t// The clock is read after the last lock.\n\tnow = m.clock(in)\n", ""),
	planted("limits are read before they are locked", ours, "\t\tif err = await(t, limit); err != nil {\n\t\t\treturn\n\t\t}\n\t\tnow = m.clock(in)\n\t\treserve = m.left(t, in, limit.see(t), now)", "\t\treserve = m.left(t, in, limit.see(t), now)\n\t\tif err = await(t, limit); err != nil {\n\t\t\treturn\n\t\t}\n\t\tnow = m.clock(in)"),
	planted("a hint sends in any lane", ours, "return !d.due.IsZero() && !d.due.After(began) && inLane(d, in.Lane)", "return !d.due.IsZero() && !d.due.After(began)"),
	planted("two planners at once", plans, "if busy = m.planning[campaign] != nil; busy {", "if busy = false; busy {"),

	planted("nobody ends a transaction that is idle", worlds, "t != nil && !t.done && d > t.idle()", "t != nil && !t.done && d > 1000*t.idle()"),

	// what the gate asks
	planted("an opt-out is read when it is planned", gates, `f.Purpose); why != "" {`, `f.Purpose); why != "" && why != audience.OptedOut {`),
	planted("a suppression is read when it is planned", gates, `f.Purpose); why != "" {`, `f.Purpose); why != "" && why != audience.Suppressed {`),
	planted("an order is read when it is planned", gates, "case f.Repurchased && f.StopOnRepurchase:", "case false:"),
	planted("a holdout is read when it is planned", gates, "case f.Arm != holdout.Treat:\n", "case false:\n"),
	planted("a skip is forgotten", gates, "\tcase ghost:\n", "\tcase false:\n"),
	planted("a pause is read when it is handed out", gates, `case f.CampaignStatus != "running":`, "case false:"),
	planted("a hold is read when it is handed out", gates, "case f.OnHold:", "case false:"),
	planted("a rest is read when it is handed out", gates, "case f.Rests:", "case false:"),
	{name: "a cancellation is read when it is handed out", edits: []edit{{gates, "\tcase f.CampaignStatus == \"cancelled\":\n\t\treturn f.refuse(Cancelled, audience.Cancelled), true\n", ""}},
		harmless: "what does not run is not sent whatever it is called, and the sweeper ends it with the same reason"},
	planted("what is late goes out", gates, "case !at.Before(f.ExpiresAt):", "case false:"),
	planted("a complaint holds nothing", gates, `if f.HeldBy != "" {`, "if false {"),
	planted("a stale feed is fresh", gates, "if f.FeedStale {", "if false {"),
	planted("quiet hours by the worker's clock", send, "At: e.at(), Campaign", "At: new(e.runner().Now()), Campaign"),
	planted("no quiet hours", gates, "ok && quiet.Quiet(at, f.Zone) {", "ok && false {"),
	planted("quiet hours in the shop's zone", send, "g.Stratum}].rule, e.zone(g.Zone), content.cost", "g.Stratum}].rule, e.Shop.Zone, content.cost"),
	planted("a required wave may be unknown", gates, "case s == Accepted || s == Withheld:", "case s == Accepted || s == Withheld || s == Unknown:"),

	planted("a channel it was not rendered for", gates, "return Answer{To: Planned, Reason: f.HeldFor, Channel: next, DueAt: at}", "return Answer{To: Sending, Channel: next, DueAt: at}"),
	planted("the next round is of the newest version", plans, "version: e.version, arm", "version: p.version, arm"),
	planted("the next round is for everybody", plans, "Arm: e.arm, Zone", `Arm: "treat", Zone`),

	// what is counted
	planted("a cap forgets what is under way", ours, "if counts(p.state) && p.gateAt", "if counts(p.state) && p.state != delivery.Sending && p.gateAt"),
	planted("a cap forgets what is unknown", ours, "if counts(p.state) && p.gateAt", "if counts(p.state) && p.state != delivery.Unknown && p.state != delivery.UnknownFinal && p.gateAt"),
	planted("a group has no cap", presses, `if asked.Of.Group != "" {`, "if false {"),
	planted("a cap forgets who was merged", ours, "p.customer != d.customer && !(merged && m.person(p.customer).see(t).into == d.customer)", "(p.customer != d.customer || merged && p == nil)"),
	planted("nobody cools down", gates, "f.Purpose == audience.Promotion && until.After(at)", "false && until.After(at)"),
	planted("days without messages by the date in UTC", gates, "calendar.AfterBlackout(at, f.Zone, f.Blackout)", "calendar.AfterBlackout(at, time.UTC, f.Blackout)"),
	planted("the money of a day by the date in UTC", send, "Zone: e.Shop.Zone, ", "Zone: time.UTC, "),
	planted("who was merged away is written to", gates, "case f.Merged:", "case false:"),
	planted("the rate is not taken", reserve, "\tr.takeRate(at)\n", "\t_ = at\n"),
	planted("the day is not taken", reserve, "\tr.takeDay()\n", ""),
	planted("the day is not written down", ours, "\t\tr.edit(t).passed += len(claim.ids)\n", "\t\t_ = r\n"),
	planted("what was not taken stays in its day", asked, "\tr.edit(t).passed -= back\n", "\t_ = r\n"),
	planted("a refusal for good is no message of the day", ledgers, "\t\t\tcase delivery.Failed:\n", "\t\t\tcase delivery.Failed:\n\t\t\t\tback++\n"),
	planted("the budget is not taken", reserve, "\tr.takeMoney(f.need(a))\n", ""),
	planted("a code is promised twice", reserve, "\t\tr.takeCoupon(f.Coupon.Pool)\n", "\t\t_ = f.Coupon.Pool\n"),
	planted("a refusal gives nothing back", ledgers, "\t\t\tcase delivery.Failed:\n\t\t\t\tuntaken.add(d)\n", ""),
	planted("money is given back for what is unknown", ledgers, "\t\t\tcase delivery.Unknown:\n", "\t\t\tcase delivery.Unknown:\n\t\t\t\tuntaken.add(d)\n"),
	planted("a code is freed with an unknown", ledgers, "\t\t\tcase delivery.Unknown:\n", "\t\t\tcase delivery.Unknown:\n\t\t\t\tfor _, x := range m.codes.rows {\n\t\t\t\t\tif x.was.delivery == d.id {\n\t\t\t\t\t\tx.was.delivery, x.was.customer, x.was.bound = 0, 0, time.Time{}\n\t\t\t\t\t}\n\t\t\t\t}\n"),
	planted("codes in other hands are no codes", codes, "s.busy = free > len(s.free)", "s.busy = false"),
	planted("a second try is given a second code", codes, "c.Bound = m.bound(g.ID, t) != nil", "c.Bound = false"),

	// what is never looked at again
	planted("nothing is swept", settles, "n, err := e.ledger().Sweep(ctx, e.at(), reapLimit)", "n, err := 0, error(nil)"),
	{name: "what was planned behind the place is passed over", edits: []edit{behind}, harmless: "it is handed out when the queue is empty, or within 45 s: later, not never"},
	{name: "nothing is handed out again", edits: []edit{{ledgers, "\t\tp.due, p.id = time.Time{}, 0\n", "\t\t_ = p\n"}}, harmless: "as the one above"},
	{name: "the queue is believed for ever", edits: []edit{{handOut, "silence = 45 * time.Second", "silence = 1e6 * time.Second"}}, harmless: "it is handed out when the queue is empty, and it empties"},
	{name: "nothing starts over", edits: []edit{behind, {ledgers, "over := nothingQueued || p.round.Before(m.host.now().Add(-silence))", "over := false"}}},
}

// failovers are of what a failover forgets, what providers say and how they are left alone.
var failovers = []mutant{
	planted("the incarnation is not checked at the gate", ours, "\tif !m.same(t) {\n\t\terr = errClosed\n\t\treturn\n\t}\n", ""),
	planted("the incarnation is not checked with an outcome", ledgers, "\tif !m.same(t) {\n\t\treturn nil, 0, errClosed\n\t}\n", ""),
	planted("the incarnation is not checked by the sweeper", ledgers, "\t\tif !m.same(t) {\n\t\t\treturn nil\n\t\t}\n", ""),
	planted("nothing is quarantined", fails, "d.state == delivery.Planned && !d.due.After", "false && !d.due.After"),
	planted("what is due in a moment is not quarantined", fails, "now.Add(5*time.Second)", "now.Add(-5*time.Second)"),
	planted("everything planned is quarantined", fails, "!d.due.After(now.Add(5*time.Second)) && ", ""),
	planted("ghosts are quarantined", fails, ` && d.arm == "treat" && !d.skip && d.expires`, " && d.expires"),
	planted("what is quarantined costs what it cost", fails, "later(d.due, d.scheduled), time.Time{}, 0\n", "later(d.due, d.scheduled), time.Time{}, d.cost\n"),
	planted("what is quarantined keeps its epoch", fails, "= d.epoch+1, lostTail", "= d.epoch, lostTail"),
	planted("what was under way stays under way", fails, "return d.state == delivery.Sending }", "return false && d.state == delivery.Sending }"),
	planted("nobody asks about what is quarantined", fails, "{doubt: true, attend: now.Add(giveUp), ask: now}", "{doubt: true, attend: now.Add(giveUp), ask: now.Add(giveUp * 2)}"),
	{name: "planned again whatever the window", edits: []edit{{fails, "earlier(d.expires, d.gateAt.Add(delivery.Usable(window))).After(now)", "d.expires.After(now)"}},
		harmless: "it ends with the window all the same: what is planned after that is late, and no gate lets it out"},
	planted("planned again for longer than the window", fails, "\t\t\t\td.expires = earlier(d.expires, d.gateAt.Add(delivery.Usable(window)))\n", ""),
	planted("planned again before it was due", fails, "later(now, d.gateAt), time.Time{}, d.returned+1", "now, time.Time{}, d.returned+1"),
	planted("planned again whatever channel it took", asking, "if len(v.waves[d.Lane.Wave].Channels) == 1 {", "if len(v.waves[d.Lane.Wave].Channels) > 0 {"),
	planted("what outlived the failover is not written", fails, "return d.epoch == s.Claim.Epoch && d.state == delivery.Quarantine }", "return false && d.state == delivery.Quarantine }"),
	{name: "the dispatcher stays where it stood", edits: []edit{{fails, "\t\tp.due, p.id = time.Time{}, 0\n", "\t\t_ = p\n"}}, harmless: "it is handed out when the queue is empty, or within 45 s: later, not never"},

	planted("a word is acknowledged before it is kept", records, "return 0, fmt.Errorf(\"record feedback on %s: %w\", channel, err)", "_ = fmt.Errorf(\"%s: %w\", channel, err)\n\t\treturn len(events), nil"),
	planted("nobody listens", records, "const hearLimit = 500", "const hearLimit = 0"),
	{name: "a word twice is two", edits: []edit{{says, "\t\t\tif !known {\n", "\t\t\tif true {\n"}},
		harmless: "what follows from words is the earliest of each kind: the same one again is a row more and nothing else"},
	planted("a word before the outcome is lost", hearing, "case Sending, Unknown, UnknownFinal:", "case Unknown, UnknownFinal:"),
	planted("a word after a failover is lost", hearing, "case Dead, Planned, Quarantine:", "case Dead, Planned:"),
	{name: "a word too late is lost", edits: []edit{{hearing, "case Sending, Unknown, UnknownFinal:", "case Sending, Unknown:"}},
		harmless: "in the simulation no word comes later than a day, and a doubt is final after three; TestWordsLeadOnlyWhereTheyMay holds it"},
	planted("failed is believed at once", hearing, "case s == Sending || now.Before(failed.Add(failedAfter)):", "case s == Sending:"),
	planted("failed is believed while it is under way", hearing, "case s == Sending || now.Before(failed.Add(failedAfter)):", "case now.Before(failed.Add(failedAfter)):"),
	planted("failed for no reason", hearing, `cmp.Or(h.Reason, "refused")`, `cmp.Or(h.Reason, "")`),
	planted("failed waits for ever", hearing, "case s == Sending || now.Before(failed.Add(failedAfter)):", "case true:"),
	planted("a word that waits is over", says, "\t\t\t\tw.due = now.Add(30 * time.Second)\n", "\t\t\t\tw.due = time.Time{}\n"),
	planted("a word on what others hold is over", says, "\t\t\t\tw.due = now.Add(time.Second)\n", "\t\t\t\tw.due = time.Time{}\n"),
	planted("what failed later gives nothing back", says, "\t\t\t\te.spent -= u.money()\n", ""),
	planted("who complains is not suppressed", says, "\t\t\tm.banHeard(t, d, w.Type, earlier(w.At, now))\n", ""),
	planted("who complains is not held", says, "if err := m.holdBanned(ctx, t, words); err != nil {", "if err := error(nil); err != nil {"),
	planted("a hard bounce suppresses nobody", says, `w.Type == "bounced" && w.Hard {`+"\n\t\t\tm.banHeard", "false {\n\t\t\tm.banHeard"),

	planted("who rests is not told to others", heeds, "err := e.ledger().RestChannel(try, lane, e.at(), wait, why); err != nil", "err := try.Err(); err != nil && false"),
	planted("a rest has no end", heeds, "wait = min(cmp.Or(out.RetryAfter, restUnnamed), longestRest)", "wait = 1e5 * longestRest"),
	planted("a breaker stays open", breaks, "\t\tcase good:\n\t\t\t*b = Breaker{}\n", "\t\tcase good:\n"),
	planted("a breaker that tries never tries again", breaks, "func (b *Breaker) End() { b.trying = false }", "func (b *Breaker) End() {}"),
	planted("a breaker opens at one call in two", breaks, "good+bad >= enough && bad >= good", "bad >= good"),
	planted("a breaker never opens", breaks, "good+bad >= enough && bad >= good", "good+bad < 0"),
	planted("a call that was refused for good is bad", breaks, "case Accepted, Failed: // it answered, and for good", "case Accepted:"),
	{name: "calls go on while the provider rests", edits: []edit{{send, "if rests.Load() || !run.Slot(", "if !run.Slot("}, {send, "begin.Err() != nil || rests.Load() {", "begin.Err() != nil {"}}},
	planted("a provider is asked once", sentTo, "e.ask = now.Add(delivery.AskAfter(e.asked))", "e.ask = now.Add(1e6 * time.Hour)"),
	planted("a doubt of an earlier pass is asked about", sentTo, "d == nil || d.epoch != c.epochs[i] || d.state", "d == nil || d.epoch < c.epochs[i] || d.state"),
	planted("another message is sent under its key", sentTo, "case d.body == nil || !bytes.Equal(d.body, g.Body):", "case d.body == nil && bytes.Equal(d.body, g.Body) && why != \"\":"),
	planted("an unknown answer to a second call settles it", asking, again, "\t\tcase delivery.Unknown:\n\t\t\ts.State, s.Reason = delivery.Failed, \"no answer twice\"\n\t\t\tfallthrough\n"+again),
	planted("a second call that was not taken settles it", asking, again, "\t\tcase delivery.Planned:\n\t\t\ts.State, s.Reason = delivery.Failed, \"not taken\"\n\t\t\tfallthrough\n"+again),
	{name: "a second call that was not taken makes it due again", edits: []edit{{asking, again, "\t\tcase delivery.Accepted, delivery.Failed, delivery.Planned:\n\t\t\tsays.Says"}},
		harmless: "of a doubt the ledger writes only an answer about the message: \"legal moves\" finds the bug below, in which it writes any"},
	{name: "a second call that was not taken makes it due again, and the ledger lets it", edits: []edit{{asking, again, "\t\tcase delivery.Accepted, delivery.Failed, delivery.Planned:\n\t\t\tsays.Says"},
		{ledgers, "d.state == delivery.Unknown && (s.State == delivery.Accepted || s.State == delivery.Failed) ||", "d.state == delivery.Unknown ||"}}},
}

const again = "\t\tcase delivery.Accepted, delivery.Failed:\n\t\t\tsays.Says"

var behind = edit{plans, "\tif at := p.m.place.edit(p.tx); !at.due.Before(first) {\n\t\tat.due, at.id = first, 0\n\t}\n", ""}
