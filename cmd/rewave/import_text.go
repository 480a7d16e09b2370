package main

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/postgres"
)

// noneMerged is the fault of a file of which nothing could be read.
func noneMerged(s importer.Summary) error {
	if s.Merged > 0 || s.Rejected == 0 {
		return nil
	}
	return fault.New(fault.NotFound, fmt.Sprintf("%s has no row that can be read: %s", filepath.Base(s.File), byReason(s.RejectedBy)), "")
}

// manyRejected is the share of rejected rows at which a person must not overlook
// them: below it they are slips of single rows.
const manyRejected = 0.05

// warnRejected says on stderr, where nobody pipes it away, that much of a file is
// missing. A file of which all is missing is a fault.
func (a *app) warnRejected(s importer.Summary) {
	out := 0
	for _, n := range s.AddressesLeftOut {
		out += n
	}
	if float64(out) > manyRejected*float64(s.Read) {
		fmt.Fprintln(a.stderr, wrap("warning: ", fmt.Sprintf("addresses of %s left out: %s", filepath.Base(s.File), byReason(s.AddressesLeftOut))))
	}
	if s.Merged == 0 || float64(s.Rejected) <= manyRejected*float64(s.Read) {
		return
	}
	fmt.Fprintln(a.stderr, wrap("warning: ", fmt.Sprintf("%s of %s of %s were rejected (%d%%) and are not in the database: %s",
		thousands(s.Rejected), count(s.Read, "row"), filepath.Base(s.File), 100*s.Rejected/s.Read, byReason(s.RejectedBy))))
}

// warnMixed says which columns of the shop's own a rule cannot ask for as one kind.
func (a *app) warnMixed(s importer.Summary) {
	for _, m := range s.MixedKinds {
		counts := make([]string, len(m.Counts))
		for i, c := range m.Counts {
			counts[i] = count(c.Count, string(c.Kind))
		}
		says := fmt.Sprintf("%s of %s is read as %s, as %q on line %d", m.Column, filepath.Base(s.File), strings.Join(counts, " and "), m.Example, m.Line)
		if len(m.Counts) > 1 {
			says += "; a rule asks for one kind and passes over the others"
		}
		fmt.Fprintln(a.stderr, wrap("warning: ", fmt.Sprintf("%s. A date is written 2026-12-24; if text is meant, a --map with types: {%s: text} says so", says, m.Column)))
	}
}

// importLines say what an import did: every row accounted for, then what is new
// or odd. Instants are shown in the shop's zone.
func importLines(s importer.Summary, zone *time.Location) []string {
	lines := []string{fmt.Sprintf("%s read, %s merged, %s rejected in %.1f s", count(s.Read, "row"), thousands(s.Merged), thousands(s.Rejected), s.Took.Seconds())}
	for _, c := range []struct {
		noun string
		postgres.ImportChanges
	}{{"customers", s.Customers}, {"products", s.Products}, {"orders", s.Orders}, {"refund lines", s.Refunds}, {"events", s.Events}, {"suppressions", s.Suppressions}} {
		if c.New+c.Changed+c.Unchanged > 0 {
			lines = append(lines, fmt.Sprintf("%s: %s new, %s changed, %s as they were", c.noun, thousands(int(c.New)), thousands(int(c.Changed)), thousands(int(c.Unchanged))))
		}
	}
	for _, c := range []struct {
		n    int64
		noun string
		says string
	}{{s.AddressesChanged, "customer", " with another address"}, {s.Attributes, "attribute", " new or changed"}, {s.Tags, "customer", " with other tags"}, {s.Holds, "hold", " of complaints and disputes opened, closed or moved"},
		{s.EventsLeft, "event", " known with another content, left as it was"}} {
		if c.n > 0 {
			lines = append(lines, count(int(c.n), c.noun)+c.says)
		}
	}
	if !s.CompleteUntil.IsZero() {
		lines = append(lines, "complete until "+s.CompleteUntil.In(zone).Format("2006-01-02 15:04:05 MST"))
	}
	if s.GuestOrders > 0 {
		lines = append(lines, count(int(s.GuestOrders), "order")+" without a customer: nobody to write to")
	}
	if c := s.Coupons; c.Named+c.Redeemed+c.Leaked > 0 {
		lines = append(lines, fmt.Sprintf("coupons: %s named, %s redeemed, %s leaked", thousands(int(c.Named)), thousands(int(c.Redeemed)), thousands(int(c.Leaked))))
	}
	if s.Matched.None > 0 {
		worth := ""
		if s.RefundsIn != "" {
			worth = ", " + money(s.Matched.NoneMinor, s.RefundsIn)
		}
		lines = append(lines, fmt.Sprintf("%s of no known order%s: no order's revenue is less by it until an import brings that order", count(int(s.Matched.None), "refund line"), worth))
	}
	if s.Rejected > 0 {
		lines = append(lines, "rejected: "+byReason(s.RejectedBy))
	}
	if len(s.AddressesLeftOut) > 0 {
		lines = append(lines, "addresses left out: "+byReason(s.AddressesLeftOut))
	}
	if s.RejectsFile != "" {
		lines = append(lines, "see "+s.RejectsFile)
	}
	if len(s.IgnoredColumns) > 0 {
		lines = append(lines, "columns not read: "+strings.Join(s.IgnoredColumns, ", "))
	}
	return lines
}

// byReason lists reasons, the most frequent first.
func byReason(counts map[string]int) string {
	parts := make([]string, 0, len(counts))
	most := func(a, b string) int { return cmp.Or(counts[b]-counts[a], strings.Compare(a, b)) }
	for _, why := range slices.SortedFunc(maps.Keys(counts), most) {
		parts = append(parts, thousands(counts[why])+" "+why)
	}
	return strings.Join(parts, ", ")
}

// changes, couponUses and importResult are what import --json prints.
type changes struct {
	New       int64 `json:"new"`
	Changed   int64 `json:"changed"`
	Unchanged int64 `json:"unchanged"`
}

type couponUses struct {
	Named    int64 `json:"named"`
	Redeemed int64 `json:"redeemed"`
	Leaked   int64 `json:"leaked"`
}

type mixedKinds struct {
	Column  string         `json:"column"`
	Counts  map[string]int `json:"counts"` // by kind
	Line    int            `json:"line"`
	Example string         `json:"example"`
}

type importResult struct {
	Kind             string         `json:"kind"`
	Preset           string         `json:"preset"`
	File             string         `json:"file"`
	SHA256           string         `json:"sha256"`
	Read             int            `json:"read"`
	Merged           int            `json:"merged"`
	Rejected         int            `json:"rejected"`
	RejectedBy       map[string]int `json:"rejected_by"`
	RejectsFile      string         `json:"rejects_file,omitempty"`
	AddressesLeftOut map[string]int `json:"addresses_left_out"`
	IgnoredColumns   []string       `json:"ignored_columns"`
	MixedKinds       []mixedKinds   `json:"mixed_kinds,omitempty"`
	Customers        changes        `json:"customers"`
	AddressesChanged int64          `json:"addresses_changed"`
	Products         changes        `json:"products"`
	Orders           changes        `json:"orders"`
	Lines            changes        `json:"lines"`
	RefundLines      changes        `json:"refund_lines"`
	RefundsUnmatched int64          `json:"refunds_unmatched"`
	UnmatchedMinor   *int64         `json:"refunds_unmatched_minor,omitempty"` // of refunds_currency; of several currencies there is no sum
	RefundsIn        string         `json:"refunds_currency,omitempty"`
	GuestOrders      int64          `json:"guest_orders"`
	Attributes       int64          `json:"attributes"`
	Tags             int64          `json:"tags"`
	Events           changes        `json:"events"`
	EventsLeft       int64          `json:"events_left"`
	Holds            int64          `json:"holds"`
	Suppressions     changes        `json:"suppressions"`
	CompleteUntil    string         `json:"complete_until,omitempty"`
	Coupons          *couponUses    `json:"coupons,omitempty"` // new ones
	FirstOrder       string         `json:"first_order,omitempty"`
	LastOrder        string         `json:"last_order,omitempty"`
	Seconds          float64        `json:"seconds"`
}

func imported(s importer.Summary) importResult {
	out := importResult{Kind: s.Kind, Preset: s.Preset, File: s.File, SHA256: s.SHA256,
		Read: s.Read, Merged: s.Merged, Rejected: s.Rejected, RejectedBy: s.RejectedBy, RejectsFile: s.RejectsFile,
		AddressesLeftOut: s.AddressesLeftOut, IgnoredColumns: append([]string{}, s.IgnoredColumns...),
		Customers: changes(s.Customers), AddressesChanged: s.AddressesChanged, Products: changes(s.Products), Orders: changes(s.Orders), Lines: changes(s.Lines), RefundLines: changes(s.Refunds),
		RefundsUnmatched: s.Matched.None, GuestOrders: s.GuestOrders,
		Attributes: s.Attributes, Tags: s.Tags, Events: changes(s.Events), EventsLeft: s.EventsLeft, Holds: s.Holds, Suppressions: changes(s.Suppressions), Seconds: s.Took.Round(time.Millisecond).Seconds()}
	if s.Matched.None > 0 && s.RefundsIn != "" {
		out.UnmatchedMinor, out.RefundsIn = &s.Matched.NoneMinor, s.RefundsIn
	}
	for _, m := range s.MixedKinds {
		mixed := mixedKinds{m.Column, map[string]int{}, m.Line, m.Example}
		for _, c := range m.Counts {
			mixed.Counts[string(c.Kind)] = c.Count
		}
		out.MixedKinds = append(out.MixedKinds, mixed)
	}
	if c := couponUses(s.Coupons); c != (couponUses{}) {
		out.Coupons = &c
	}
	if !s.FirstOrder.IsZero() {
		out.FirstOrder, out.LastOrder = timestamp(s.FirstOrder), timestamp(s.LastOrder)
	}
	if !s.CompleteUntil.IsZero() {
		out.CompleteUntil = timestamp(s.CompleteUntil)
	}
	return out
}
