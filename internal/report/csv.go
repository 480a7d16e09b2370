package report

import (
	"encoding/csv"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
)

// columnsOfCSV are the same in every file, in this order.
var columnsOfCSV = []string{"campaign", "design", "as_of", "section", "point", "round", "wave", "day", "channel",
	"metric", "arm", "figure", "estimate", "lo", "hi", "method", "n_treat", "n_hold", "code", "cell"}

// CSV writes the report as one tidy table (RFC 4180: commas, CRLF, UTF-8, a
// header): a row is one figure. Numbers are plain, with a point and without
// thousands; rates and effects are shares, money is in units of the currency. A
// cell that does not apply, or that does not exist, is empty; code then says why.
//
//	section    rows
//	point      verdict (in code), rate of each arm, difference, relative, p, break_even,
//	           extra_buyers, price_per_extra_buyer, srm_p, needed, detectable
//	metric     of each metric: mean of each arm, difference, total, uncapped, p, skew, cap; of refund_rate the ratio of each arm and
//	           its difference, of unsubscribes the upper bound
//	integrity  held, reached, ghosts_due, ghosts_lost
//	check      refusal and note: their code
//	look       of each round: rate of each arm, difference, increment, z, bound, crossed (1 or 0)
//	wave       of each round and wave: rate of those sent and skipped, difference, p
//	variant    of each variant (cell): as a point, with p_holm, believed, p_best, expected_loss and its standing (in code)
//	observed   of each channel: the rate of those it reached
//	cohort     of each cohort (cell) that is final: as a point; with looks the difference so_far, z, bound, crossed (1 or 0);
//	           of the others enrolled and final
//	split      by each text (in metric) of each cell, which is empty for those not known or together: rate of each arm, difference,
//	           shrunk, p, q_value; then q and q_p of them all
//	curve      of each day: share of each arm, difference
//	delivery   of each round, wave, channel and arm: the state as figure, how many; the reason in code,
//	           behind a colon the campaign that they lost to
//	coupon     of each round and wave: given, redeemed, taken_off
//	planted    natural, bought, effect, profit; code says held or missed by the interval
//	price to …  as tidy.panels has them
//	warning    its code
//
// The rows come in this order and within a section in that of the report. Of the
// intervals lo and hi are 95 %, of looks as wide as their bound. A text that a
// spreadsheet would take for a formula stands behind an apostrophe.
func (r Report) CSV(w io.Writer) error {
	r = r.prepared()
	out := &tidy{csv: csv.NewWriter(w)}
	out.csv.UseCRLF = true
	out.base = csvRow{"campaign": r.Campaign, "design": strconv.Itoa(r.Design), "as_of": r.AsOf.Format(time.RFC3339)}
	if err := out.csv.Write(columnsOfCSV); err != nil {
		return err
	}
	for _, p := range r.Points {
		out.point(p)
	}
	for _, p := range r.Points {
		out.metrics(p)
	}
	for _, p := range r.Points {
		of := out.of("integrity", p)
		for _, x := range []struct {
			figure string
			n      int64
		}{{"held", p.Integrity.Held}, {"reached", p.Integrity.Contaminated}, {"ghosts_due", p.Integrity.GhostsDue}, {"ghosts_lost", p.Integrity.GhostsLost}} {
			out.count(of, x.figure, x.n)
		}
	}
	for _, p := range r.Points {
		for _, x := range p.Refusals {
			out.add(out.of("check", p), csvRow{"figure": "refusal", "code": string(x.Code)})
		}
		for _, x := range p.Notes {
			out.add(out.of("check", p), csvRow{"figure": "note", "code": string(x.Code)})
		}
	}
	out.looks(r.Looks)
	out.waves(r.WaveEffects)
	out.variants(r.Variants)
	out.observed(r.Observed)
	out.cohorts(r.Cohorts)
	out.splits(r.Splits)
	out.curves(r.Curves)
	for _, d := range r.Deliveries {
		out.count(csvRow{"section": "delivery", "round": strconv.Itoa(d.Round), "wave": d.Wave, "channel": d.Channel, "arm": string(d.Arm), "code": strings.TrimSuffix(d.Reason+":"+d.LostTo, ":")}, d.State, d.Count)
	}
	for _, c := range r.Coupons {
		of := csvRow{"section": "coupon", "round": strconv.Itoa(c.Round), "wave": c.Wave}
		out.count(of, "given", c.Given)
		out.count(of, "redeemed", c.Redeemed)
		digits := 0
		if len(r.Points) > 0 {
			digits = r.Points[0].Currency.Digits
		}
		out.value(of, "taken_off", ptr(float64(c.Minor)/math.Pow10(digits)))
	}
	out.planted(r.Planted)
	out.panels(r)
	for _, x := range r.Warnings {
		out.add(csvRow{"section": "warning"}, csvRow{"figure": "warning", "code": x.Code})
	}
	out.csv.Flush()
	return out.csv.Error()
}

// csvRow is cells by their column.
type csvRow map[string]string

// tidy writes rows; the writer keeps the first error.
type tidy struct {
	csv     *csv.Writer
	base    csvRow
	columns []string // nil: those of a report
}

func (t *tidy) add(parts ...csvRow) {
	columns := columnsOfCSV
	if t.columns != nil {
		columns = t.columns
	}
	cells := make([]string, len(columns))
	for i, c := range columns {
		for _, part := range append([]csvRow{t.base}, parts...) {
			if x, ok := part[c]; ok {
				cells[i] = x
			}
		}
		switch c {
		case "estimate", "lo", "hi": // a number may begin with a minus
		default:
			cells[i] = inert(cells[i])
		}
	}
	_ = t.csv.Write(cells) // Error() says it at the end
}

// inert keeps a text from being run by a spreadsheet.
func inert(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

func (t *tidy) of(section string, p evaluation.Result) csvRow {
	row := csvRow{"section": section, "point": p.Point.Name, "n_treat": of(p.Arm(holdout.Treat)), "n_hold": of(p.Arm(holdout.Hold))}
	if _, round := anchorOf(p.Point); round > 0 {
		row["round"] = strconv.Itoa(round)
	}
	return row
}

func of(a evaluation.Arm) string { return strconv.FormatInt(a.Counted, 10) }

func plain(x *float64) string {
	if x == nil {
		return ""
	}
	return strconv.FormatFloat(*x, 'f', -1, 64)
}

func ptr[T any](x T) *T { return &x }

func (t *tidy) figure(of csvRow, name string, f evaluation.Figure) {
	t.add(of, csvRow{"figure": name, "estimate": plain(f.Estimate), "lo": plain(f.Lo), "hi": plain(f.Hi), "method": f.Method, "code": string(f.Code)})
}

func (t *tidy) value(of csvRow, name string, x *float64) {
	t.add(of, csvRow{"figure": name, "estimate": plain(x)})
}

func (t *tidy) count(of csvRow, name string, n int64) {
	t.add(of, csvRow{"figure": name, "estimate": strconv.FormatInt(n, 10)})
}

func (t *tidy) point(p evaluation.Result) {
	of := t.of("point", p)
	of["metric"] = p.Point.Metric
	t.add(of, csvRow{"figure": "verdict", "code": string(p.Verdict)})
	for _, a := range p.Arms {
		if refusal(p, evaluation.E01) == "" {
			t.figure(with(of, "arm", string(a.Arm)), "rate", a.Rate)
		}
	}
	t.figure(of, "difference", p.Difference)
	t.figure(of, "relative", p.Relative)
	t.value(of, "p", p.P)
	t.add(of, csvRow{"figure": "break_even", "estimate": plain(p.BreakEven), "code": string(p.BreakEvenCode)})
	t.figure(of, "extra_buyers", p.ExtraBuyers)
	t.figure(of, "price_per_extra_buyer", p.PricePerBuyer)
	t.value(of, "srm_p", p.SRM.P)
	needed := csvRow{"figure": "needed"}
	if p.Needed != nil {
		needed["estimate"] = strconv.FormatInt(*p.Needed, 10)
	}
	t.add(of, needed)
	t.value(of, "detectable", p.Detectable)
}

func with(row csvRow, column, text string) csvRow {
	out := csvRow{column: text}
	for c, x := range row {
		if c != column {
			out[c] = x
		}
	}
	return out
}

func (t *tidy) metrics(p evaluation.Result) {
	for _, m := range p.Metrics {
		of := with(t.of("metric", p), "metric", m.Metric)
		t.value(with(of, "arm", string(holdout.Treat)), "mean", m.Treat)
		t.value(with(of, "arm", string(holdout.Hold)), "mean", m.Hold)
		t.figure(of, "difference", m.Difference)
		t.figure(of, "total", m.Total)
		t.figure(of, "uncapped", m.Uncapped)
		t.value(of, "p", m.P)
		t.value(of, "skew", m.Skew)
		t.rates(of, m)
		if m.Cap != nil {
			t.value(of, "cap", ptr(float64(m.Cap.Minor)/math.Pow10(p.Currency.Digits)))
		}
	}
}

func (t *tidy) looks(looks []evaluation.Look) {
	for _, l := range looks {
		row := csvRow{"section": "look", "round": strconv.Itoa(l.Round), "n_treat": of(l.Treat), "n_hold": of(l.Hold)}
		if l.Code != evaluation.E01 {
			t.figure(with(row, "arm", string(holdout.Treat)), "rate", l.Treat.Rate)
			t.figure(with(row, "arm", string(holdout.Hold)), "rate", l.Hold.Rate)
		}
		t.figure(row, "difference", coded(l.Difference, l.Code))
		t.figure(row, "increment", coded(l.Increment, l.Code))
		t.value(row, "z", l.Z)
		t.value(row, "bound", l.Bound)
		crossed := csvRow{"figure": "crossed", "code": string(l.Code)}
		if l.Code == "" {
			crossed["estimate"] = map[bool]string{true: "1", false: "0"}[l.Crossed]
		}
		t.add(row, crossed)
	}
}

// waves are those sent against those skipped: both of the treated arm, so the
// counts stand under n_treat and n_hold, and the arm says which.
func (t *tidy) waves(effects []evaluation.WaveEffect) {
	for _, w := range effects {
		row := csvRow{"section": "wave", "round": strconv.Itoa(w.Round), "wave": w.Wave, "n_treat": of(w.Sent), "n_hold": of(w.Skipped)}
		t.figure(with(row, "arm", "sent"), "rate", w.Sent.Rate)
		t.figure(with(row, "arm", "skipped"), "rate", w.Skipped.Rate)
		t.figure(row, "difference", coded(w.Difference, w.Code))
		t.value(row, "p", w.P)
	}
}

func (t *tidy) curves(c *Curves) {
	if c == nil {
		return
	}
	row := csvRow{"section": "curve", "n_treat": strconv.FormatInt(c.arm(holdout.Treat).Enrollments, 10), "n_hold": strconv.FormatInt(c.arm(holdout.Hold).Enrollments, 10)}
	for _, a := range c.Arms {
		for _, s := range a.Steps {
			t.add(row, csvRow{"day": strconv.Itoa(s.Day), "arm": string(a.Arm), "figure": "share", "estimate": plain(s.Share), "lo": plain(s.Lo), "hi": plain(s.Hi), "method": "greenwood_log_log"})
		}
	}
	for _, g := range c.Difference {
		t.add(row, csvRow{"day": strconv.Itoa(g.Day), "figure": "difference", "estimate": plain(g.Estimate), "lo": plain(g.Lo), "hi": plain(g.Hi), "method": "greenwood"})
	}
}

func (t *tidy) planted(p *Planted) {
	if p == nil {
		return
	}
	row := csvRow{"section": "planted", "n_treat": strconv.FormatInt(p.Treated, 10)}
	said := func(covered *bool) string {
		switch {
		case covered == nil:
			return ""
		case *covered:
			return "held"
		}
		return "missed"
	}
	t.count(row, "natural", p.Natural)
	t.count(row, "bought", p.Buyers)
	t.add(row, csvRow{"figure": "effect", "estimate": plain(&p.Effect), "code": said(p.Covered)})
	t.add(row, csvRow{"figure": "profit", "estimate": plain(&p.Profit), "code": said(p.CoveredP)})
}
