package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/source"
)

// toldRow is a delivery for programs; empty times have not come.
type toldRow struct {
	ID        int64   `json:"id"`
	Campaign  string  `json:"campaign"`
	Wave      string  `json:"wave"`
	Round     int     `json:"round"`
	Customer  string  `json:"customer"`
	Channel   string  `json:"channel"`
	Arm       string  `json:"arm"`
	State     string  `json:"state"`
	Reason    string  `json:"reason,omitempty"`
	Lost      *lostTo `json:"lost_to,omitempty"`
	Scheduled string  `json:"scheduled_at"`
	Due       string  `json:"due_at,omitempty"`
	Expires   string  `json:"expires_at"`
	Gated     string  `json:"gated_at,omitempty"`
	Settled   string  `json:"settled_at,omitempty"`
	Passed    int     `json:"passed_gate"` // how often
	Returned  int     `json:"returned"`    // how often it came back from there
	Untaken   int     `json:"untaken"`
	Provider  string  `json:"provider,omitempty"`
	Message   string  `json:"provider_id,omitempty"`
}

func toldOf(d postgres.Told) toldRow {
	at := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return timestamp(*t)
	}
	var lost *lostTo
	if l := d.Lost; l != nil {
		lost = &lostTo{l.To, l.Priority, l.Own, l.Over, l.Group, l.Limit, "", timestamp(l.At), l.String()}
		if l.Window > 0 {
			lost.Window = source.FormatDuration(l.Window)
		}
	}
	return toldRow{Lost: lost, ID: d.ID, Campaign: d.Campaign, Wave: d.Wave, Round: d.Round, Customer: d.Customer, Channel: d.Channel, Arm: d.Arm, State: string(d.State),
		Reason: d.Reason, Scheduled: timestamp(d.ScheduledAt), Due: at(d.DueAt), Expires: timestamp(d.ExpiresAt), Gated: at(d.GateAt), Settled: at(d.SettledAt),
		Passed: d.Epoch, Returned: d.Returned, Untaken: d.Untaken, Provider: d.Provider, Message: d.ProviderID}
}

// lostTo is what a delivery lost to, for programs.
type lostTo struct {
	Campaign string `json:"campaign"`
	Priority int    `json:"priority"`
	Own      int    `json:"own_priority"`
	Over     string `json:"over"` // shop, group, campaign or cool_down
	Group    string `json:"group,omitempty"`
	Limit    int    `json:"limit,omitempty"` // messages; not of a cool-down
	Window   string `json:"window"`
	At       string `json:"at"` // when that campaign's message was let through, or is scheduled
	Says     string `json:"says"`
}

// decidedAt is when somebody last decided something of it.
func decidedAt(d postgres.Told) time.Time {
	for _, at := range []*time.Time{d.SettledAt, d.ClaimedAt} {
		if at != nil {
			return *at
		}
	}
	return d.ScheduledAt
}

// episode is one thing that happened to a delivery.
type episode struct {
	At   string `json:"at"`
	Says string `json:"says"`
	when time.Time
}

// tellStory is all that the ledger knows of a delivery, the oldest first; its times
// are those of a zone.
func tellStory(d postgres.Told, past postgres.Past, zone *time.Location) []episode {
	var story []episode
	add := func(at time.Time, says string) { story = append(story, episode{timestamp(at), says, at}) }
	arm := map[string]string{"hold": "held out of the campaign", "global_hold": "held out of all campaigns"}[d.Arm]
	switch {
	case arm == "" && d.Skip:
		arm = "treated, but skipped by lot in this wave"
	case arm == "":
		arm = "treated"
	}
	add(d.EnteredAt, "the customer entered; "+arm)
	add(d.ScheduledAt, "scheduled for this instant")
	if d.GateAt != nil && d.State != delivery.Withheld {
		says := "let through by the gate"
		if d.Epoch > 1 {
			says += fmt.Sprintf(", for the %s time", ordinal(d.Epoch))
		}
		if d.Returned > 0 {
			says += fmt.Sprintf("; came back %s", times(d.Returned))
			if d.Untaken > 0 {
				says += fmt.Sprintf(", %s of them because the provider did not take it though it took others", thousands(d.Untaken))
			}
		}
		add(*d.GateAt, says)
	}
	for _, act := range past.Acts {
		says := fmt.Sprintf("%s let it be tried again, from %s, because %s", act.Who, spaced(act.Was), act.Because)
		if act.Verb == "settle" {
			became := spaced(act.Became)
			if act.Became == delivery.Dead {
				became = "not taken"
			}
			says = fmt.Sprintf("%s settled it as %s, from %s, because %s", act.Who, became, spaced(act.Was), act.Because)
		}
		add(act.At, says)
	}
	if d.SettledAt != nil {
		says := spaced(d.State)
		if d.Reason != "" {
			says += ": " + d.Reason + lostBy(d)
		}
		if d.Provider != "" && d.State == delivery.Accepted {
			says += " by " + d.Provider
			if d.ProviderID != "" {
				says += " as " + d.ProviderID
			}
		}
		add(*d.SettledAt, says+endedDoubt(d, past))
	}
	tellDoubts(d, past, add)
	tellWords(d, past, add)
	slices.SortStableFunc(story, func(a, b episode) int { return cmp.Compare(a.when.UnixNano(), b.when.UnixNano()) })
	if d.State == delivery.Planned && d.DueAt != nil {
		says := "due"
		if d.Reason != "" {
			says += ", after " + strings.ReplaceAll(d.Reason, "_", " ") + lostBy(d)
		}
		says += "; may go out until " + d.ExpiresAt.In(zone).Format(clockForm)
		if d.Stopped != "" {
			says += "; waits: " + d.Stopped
		}
		add(*d.DueAt, says)
	}
	return story
}

// tellDoubts tells of the times when nobody knew: that it is so now, its state says.
func tellDoubts(d postgres.Told, past postgres.Past, add func(time.Time, string)) {
	doubts := past.Doubts
	if n := len(doubts); n > 0 && (d.State == delivery.Unknown || d.State == delivery.Quarantine) {
		doubts = doubts[:n-1]
	}
	for _, doubt := range doubts {
		says := "unknown whether it was taken"
		if doubt.Reason != "" {
			says += ": " + doubt.Reason
		}
		add(doubt.At, says)
	}
	for _, at := range past.Resends {
		add(at, "sent again under its key, which the provider takes once")
	}
}

// endedDoubt is by what the last doubt ended, where no person did it.
func endedDoubt(d postgres.Told, past postgres.Past) string {
	n := len(past.Doubts)
	if n == 0 || d.State != delivery.Accepted && d.State != delivery.Failed || d.Provider == "" {
		return ""
	}
	doubted := past.Doubts[n-1].At
	if d.ClaimedAt != nil && d.ClaimedAt.After(doubted) {
		return "" // of an earlier call
	}
	for _, w := range past.Words {
		if !w.Received.After(*d.SettledAt) && (w.Type == "failed") == (d.State == delivery.Failed) {
			return ", as its feedback says"
		}
	}
	if slices.ContainsFunc(past.Resends, func(at time.Time) bool { return at.After(doubted) }) {
		return ", as it answered to that"
	}
	return ", as it said later"
}

// tellWords tells what the provider has said, each once, and what followed.
func tellWords(d postgres.Told, past postgres.Past, add func(time.Time, string)) {
	words := slices.SortedFunc(slices.Values(past.Words), func(a, b delivery.Word) int { return a.Received.Compare(b.Received) })
	told, bans := map[string]bool{}, false
	for _, w := range words {
		says := w.Type + ", says the provider"
		switch {
		case w.Type == "complained":
			says = "the customer complained, says the provider"
		case w.Type == "bounced" && w.Hard:
			says = "bounced for good, says the provider"
		}
		if w.Reason != "" {
			says += ": " + w.Reason
		}
		bans = bans || w.Type == "complained" || w.Type == "bounced" && w.Hard
		if !told[says] {
			told[says] = true
			add(earlier(w.At, w.Received), says)
		}
	}
	if bans && past.Ban != nil {
		add(past.Ban.Recorded, "nothing goes to this address by "+d.Channel+" any more: "+past.Ban.Reason)
	}
}

// earlier believes no clock that is ahead.
func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// lostBy is what it lost to, behind its reason.
func lostBy(d postgres.Told) string {
	if d.Lost == nil {
		return ""
	}
	return ", " + d.Lost.String()
}

// nextOf is what a person may do about it, in lines.
func nextOf(d postgres.Told) []string {
	switch d.State {
	case delivery.Dead:
		return []string{fmt.Sprintf("It is not tried again by itself: rewave delivery replay %d --because REASON", d.ID)}
	case delivery.Unknown, delivery.UnknownFinal, delivery.Quarantine:
		return []string{
			fmt.Sprintf("It may have arrived and is never sent again by itself. A provider that can be asked is asked by itself, and now by: rewave delivery reconcile %d", d.ID),
			fmt.Sprintf("Of another find out, then: rewave delivery settle %d --as accepted (or failed, or not_taken, which may be sent again) --because REASON", d.ID),
		}
	}
	return nil
}

func spaced(s delivery.State) string { return strings.ReplaceAll(string(s), "_", " ") }

func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return thousands(n) + " times"
}

func ordinal(n int) string {
	if n%100/10 != 1 {
		switch n % 10 {
		case 1:
			return fmt.Sprintf("%dst", n)
		case 2:
			return fmt.Sprintf("%dnd", n)
		case 3:
			return fmt.Sprintf("%drd", n)
		}
	}
	return fmt.Sprintf("%dth", n)
}
