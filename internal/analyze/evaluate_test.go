package analyze_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/analyze"
	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/stats"
)

// line is one row of a made-up table.
type line struct {
	arm, stratum string
	values       []int64
	covariate    int64
	cluster      string
}

// rows are n of an arm, of which the first some have the value.
func rows(arm, stratum string, n, some int, value ...int64) []line {
	var out []line
	for i := range n {
		l := line{arm: arm, stratum: stratum, values: make([]int64, len(value))}
		if i < some {
			l.values = value
		}
		out = append(out, l)
	}
	return out
}

func analyzed(t *testing.T, q analyze.Question, table []line) analyze.Result {
	t.Helper()
	if q.Alpha == 0 {
		q.Alpha = 0.05
	}
	q.Arm, q.Control = "arm", "c"
	tally := analyze.NewTally(q)
	read := func(add func(analyze.Row) error) {
		for _, l := range table {
			if err := add(analyze.Row{Arm: []byte(l.arm), Stratum: []byte(l.stratum), Cluster: []byte(l.cluster), Values: l.values, Covariate: l.covariate}); err != nil {
				t.Fatal(err)
			}
		}
	}
	read(tally.Add)
	if caps := tally.Caps(); caps != nil {
		read(caps.Add)
		if err := caps.Done(); err != nil {
			t.Fatal(err)
		}
	}
	return tally.Result(0)
}

var bought = analyze.Metric{Name: "bought", Column: "bought", Kind: analyze.Binary}

func together(parts ...[]line) []line { return slices.Concat(parts...) }

// Each way in which an experiment cannot answer ends in its code, and in no figure.
func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	spend := analyze.Metric{Name: "spend", Column: "spend", Kind: analyze.Money, Cap: analyze.Cap{None: true}}
	capped := spend
	capped.Cap = analyze.Cap{}
	whale := rows("t", "", 1000, 200, 1000)
	whale[0].values = []int64{900_000}
	for name, c := range map[string]struct {
		metric analyze.Metric
		shares []analyze.Share
		table  []line
		want   evaluation.Code
	}{
		"sizes not as planned":      {bought, []analyze.Share{{Arm: "t", Weight: 9}, {Arm: "c", Weight: 1}}, together(rows("t", "", 8880, 800, 1), rows("c", "", 1120, 100, 1)), evaluation.E01},
		"an arm of nobody":          {bought, []analyze.Share{{Arm: "t", Weight: 1}, {Arm: "u", Weight: 1}, {Arm: "c", Weight: 1}}, together(rows("t", "", 200, 20, 1), rows("c", "", 200, 20, 1)), evaluation.E01},
		"a control of one":          {bought, nil, together(rows("t", "", 500, 50, 1), rows("c", "", 1, 1, 1)), evaluation.E02},
		"a treated arm of one":      {bought, nil, together(rows("t", "", 1, 1, 1), rows("c", "", 500, 50, 1)), evaluation.E02},
		"nine buyers":               {bought, nil, together(rows("t", "", 500, 9, 1), rows("c", "", 500, 50, 1)), evaluation.E02},
		"nobody buys":               {bought, nil, together(rows("t", "", 500, 0, 1), rows("c", "", 500, 0, 1)), evaluation.E02},
		"no money at all":           {spend, nil, together(rows("t", "", 500, 0, 1), rows("c", "", 500, 0, 1)), evaluation.E02},
		"one whale":                 {spend, nil, together(whale, rows("c", "", 1000, 200, 1000)), evaluation.E11},
		"a cap that leaves nothing": {capped, nil, together(rows("t", "", 9000, 20, 1000), rows("c", "", 9000, 20, 1000)), analyze.CapNothing},
		"nothing varies":            {spend, nil, together(rows("t", "", 500, 500, 1000), rows("c", "", 500, 500, 1000)), evaluation.Unbounded},
	} {
		r := analyzed(t, analyze.Question{Metrics: []analyze.Metric{c.metric}, Shares: c.shares}, c.table)
		got := r.Metrics[0].Comparisons[0]
		d := got.Difference
		if d.Code != c.want || d.Valid || got.P != nil || got.Direction != analyze.Refused || got.Relative.Valid {
			t.Errorf("%s: got %+v, p %v, %s, relative %+v, want %s", name, d, got.P, got.Direction, got.Relative, c.want)
		}
		if d.Lo != nil || d.Hi != nil {
			t.Errorf("%s: a refused difference has ends", name)
		}
	}
}

// Nobody of the control has any, and yet enough have some below and above zero: the
// difference stands, and no percentage.
func TestAMeanOfAlmostNothingHasNoPercentage(t *testing.T) {
	t.Parallel()
	gain := analyze.Metric{Name: "gain", Column: "gain", Kind: analyze.Number}
	table := together(rows("t", "", 400, 100, 2_000_000), rows("t", "", 400, 90, -1_000_000), rows("c", "", 400, 100, 1_000_000), rows("c", "", 400, 95, -1_000_000))
	r := analyzed(t, analyze.Question{Metrics: []analyze.Metric{gain}}, table)
	c := r.Metrics[0].Comparisons[0]
	if !c.Difference.Valid || c.Relative.Code != evaluation.E09 || c.Relative.Estimate != nil {
		t.Errorf("difference %+v, relative %+v", c.Difference, c.Relative)
	}
	if diff := cmp.Diff(r.Metrics[0].Notes, []analyze.Note{{Code: evaluation.E09, Arm: "t"}}); diff != "" {
		t.Error(diff)
	}
}

// Rates, p and cap are those of package stats on the same counts, and several arms
// are adjusted.
func TestFiguresAreThoseOfTheirMethods(t *testing.T) {
	t.Parallel()
	table := together(rows("c", "", 1000, 72, 1, 5_000), rows("u", "", 1000, 100, 1, 6_000), rows("t", "", 9000, 810, 1, 4_000))
	table[0].values = []int64{1, 8_000}
	q := analyze.Question{Metrics: []analyze.Metric{bought, {Name: "spend", Column: "spend", Kind: analyze.Money, Cap: analyze.Cap{Fixed: true, Units: 5_500}}}}
	be := 0.02
	q.Metrics[0].BreakEven = &be
	r := analyzed(t, q, table)
	c := r.Metrics[0].Comparisons[0]
	number := func(x float64) *float64 { return evaluation.Number(x) }
	want := analyze.Comparison{
		Arm:        "t",
		Difference: analyze.Figure{Estimate: number(.018), Lo: number(-0.0005724682453), Hi: number(0.03373189806), Method: "miettinen_nurminen", NT: 9000, NC: 1000, Valid: true},
		Relative:   analyze.Figure{Estimate: number(.25), Lo: number(-0.006440154402), Hi: number(0.5781078108), Method: "miettinen_nurminen", NT: 9000, NC: 1000, Valid: true},
		P:          number(0.05689818678), Adjusted: number(0.05689818678), Direction: analyze.Open, Pays: analyze.Open,
	}
	got := c
	got.Family = nil
	if diff := cmp.Diff(got, want, cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-10 })); diff != "" {
		t.Error(diff)
	}
	family, _ := stats.ScoreDifference(stats.Count{X: 810, N: 9000}, stats.Count{X: 72, N: 1000}, .025)
	if *c.Family.Lo != *number(family.Lo) || *c.Family.Hi != *number(family.Hi) {
		t.Errorf("with both arms in mind: got %+v, want %+v", c.Family, family)
	}
	if u := r.Metrics[0].Comparisons[1]; *u.Adjusted != *number(2 * *u.P) || u.Direction != analyze.Open {
		t.Errorf("the smaller of two p-values: %v, adjusted %v, %s", *u.P, *u.Adjusted, u.Direction)
	}

	// 71 of 50.00 and one of 80.00, which counts for 55.00; 9000 with 810 of 40.00.
	var treat, control, whole stats.Moments
	for i := range 9000 {
		treat.Add(map[bool]float64{true: 4000}[i < 810])
	}
	for i := range 1000 {
		control.Add(map[bool]float64{true: 5000}[i < 71])
		whole.Add(map[bool]float64{true: 5000}[i < 71])
	}
	control.Sum, control.Sum2, control.Sum3 = control.Sum+5500, control.Sum2+5500*5500, control.Sum3+5500*5500*5500
	whole.Sum, whole.Sum2, whole.Sum3 = whole.Sum+8000, whole.Sum2+8000*8000, whole.Sum3+8000*8000*8000
	m := r.Metrics[1]
	c = m.Comparisons[0]
	hall, _ := stats.HallDifference(treat, control, .05)
	plain, _ := stats.HallDifference(treat, whole, .05)
	if *c.Difference.Lo != *number(hall.Lo / 100) || *c.P != *number(hall.P) || *c.Skew != *number(hall.A) || *c.Whole.Hi != *number(plain.Hi / 100) {
		t.Errorf("money: %+v, as it is %+v, want %+v and %+v", c.Difference, c.Whole, hall, plain)
	}
	if m.Cap.Value != 55 || m.Cap.Above != 101 || *m.Cap.Removed != *number((2500. + 100*500) / (71*5000 + 8000 + 100*6000 + 810*4000)) || m.Cap.From != "value" {
		t.Errorf("cap: %+v, removed %v", *m.Cap, *m.Cap.Removed)
	}
}

// The cap of the table itself is the type-7 quantile of all arms, by the control's
// size, and what is capped is as if every row had been cut there.
func TestTheTablesOwnCapIsExact(t *testing.T) {
	t.Parallel()
	for _, n := range []int{400, 1500} {
		draw := rand.New(rand.NewPCG(7, 7))
		var table []line
		var all []float64
		for i := range 2 * n {
			v := int64(draw.ExpFloat64() * draw.ExpFloat64() * 10_000)
			table = append(table, line{arm: []string{"c", "t"}[i%2], values: []int64{v}})
			all = append(all, float64(v))
		}
		slices.Sort(all)
		q := evaluation.CapQuantile(int64(n))
		at, _ := stats.Quantile(all, q)
		at = math.RoundToEven(at)
		var cut [2]stats.Moments
		for i, l := range table {
			cut[i%2].Add(min(at, float64(l.values[0])))
		}
		want, _ := stats.HallDifference(cut[1], cut[0], .05)
		r := analyzed(t, analyze.Question{Metrics: []analyze.Metric{{Name: "spend", Column: "spend", Kind: analyze.Money}}}, table)
		m := r.Metrics[0]
		if m.Cap.Value != at/100 || *m.Cap.Quantile != q || m.Cap.From != "table" {
			t.Errorf("%d: got %+v, want %v", n, *m.Cap, at/100)
		}
		if got := m.Comparisons[0].Difference; math.Abs(*got.Lo-want.Lo/100) > 1e-9 || math.Abs(*got.Hi-want.Hi/100) > 1e-9 {
			t.Errorf("%d: got %+v, want %+v", n, got, want)
		}
	}
}

// Rows in any order give the same bytes; arms swapped turn the difference round;
// a hundred times the money gives a hundred times the difference.
func TestPropertiesOfAResult(t *testing.T) {
	t.Parallel()
	draw := rand.New(rand.NewPCG(3, 4))
	var table, swapped, larger []line
	for i := range 5000 {
		arm := []string{"c", "t"}[i%2]
		var buys, v int64
		if draw.IntN(10) == 0 {
			buys, v = 1, int64(draw.ExpFloat64()*4000)+1
		}
		l := line{arm: arm, stratum: fmt.Sprint(draw.IntN(3)), values: []int64{buys, v}, covariate: v/2 + draw.Int64N(100)}
		table = append(table, l)
		swapped = append(swapped, line{arm: map[string]string{"c": "t", "t": "c"}[arm], stratum: l.stratum, values: l.values})
		larger = append(larger, line{arm: arm, stratum: l.stratum, values: []int64{buys, 100 * v}})
	}
	q := analyze.Question{Equal: true, Stratum: "s", Metrics: []analyze.Metric{bought, {Name: "spend", Column: "spend", Kind: analyze.Money}}}
	text := func(r analyze.Result) string {
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	result := analyzed(t, q, table)
	want := text(result)
	shuffled := slices.Clone(table)
	for range 3 {
		draw.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if got := text(analyzed(t, q, shuffled)); got != want {
			t.Fatal(cmp.Diff(got, want))
		}
	}
	back, more := analyzed(t, q, swapped), analyzed(t, q, larger)
	for i, m := range result.Metrics {
		of := func(r analyze.Result) []analyze.Figure {
			c := r.Metrics[i].Comparisons[0]
			return append([]analyze.Figure{c.Difference, c.Strata.Overall}, c.Strata.Each[0].Difference)
		}
		for k, f := range of(result) {
			b, l := of(back)[k], of(more)[k]
			if math.Abs(*f.Estimate+*b.Estimate) > 1e-9 || math.Abs(*f.Lo+*b.Hi) > 1e-9 {
				t.Errorf("%s: swapped %v (%v) to %v (%v)", m.Metric, *f.Estimate, *f.Lo, *b.Estimate, *b.Hi)
			}
			if *f.Lo > *f.Estimate || *f.Hi < *f.Estimate {
				t.Errorf("%s: %v lies outside %v to %v", m.Metric, *f.Estimate, *f.Lo, *f.Hi)
			}
			if math.Abs(*l.Hi-*f.Hi) > 1e-9 && i == 0 {
				t.Errorf("%s: larger amounts change it: %v to %v", m.Metric, *f.Hi, *l.Hi)
			}
		}
	}
	of := func(r analyze.Result) analyze.Figure { return *r.Metrics[1].Comparisons[0].Whole } // a cap is rounded to a cent
	if f, l := of(result), of(more); math.Abs(*l.Hi-100**f.Hi) > 1e-8 || math.Abs(*l.Lo-100**f.Lo) > 1e-8 {
		t.Errorf("a hundred times %+v is not %+v", f, l)
	}
}

// An effect of one stratum alone is seen as one; weights are the strata's shares.
func TestStrata(t *testing.T) {
	t.Parallel()
	table := together(
		rows("t", "new", 2000, 400, 1), rows("c", "new", 1000, 100, 1),
		rows("t", "old", 1000, 50, 1), rows("c", "old", 1000, 50, 1), rows("u", "old", 1000, 50, 1),
	)
	r := analyzed(t, analyze.Question{Stratum: "s", Metrics: []analyze.Metric{bought}}, table)
	s := r.Metrics[0].Comparisons[0].Strata
	if s.Each[0].Share != .5 || s.Each[1].Share != .5 || math.Abs(*s.Overall.Estimate-.05) > 1e-12 {
		t.Errorf("shares %v and %v, overall %v", s.Each[0].Share, s.Each[1].Share, *s.Overall.Estimate)
	}
	if s.P == nil || *s.P > 1e-9 || s.DF != 1 {
		t.Errorf("Q %v, p %v of df %d", s.Q, s.P, s.DF)
	}
	none := r.Metrics[0].Comparisons[1].Strata // nobody of u is new
	if none.Overall.Code != analyze.Missing || none.Overall.Estimate != nil || none.Code != evaluation.NoEstimate || none.Each[0].Difference.Code != evaluation.E02 {
		t.Errorf("a stratum without an arm: %+v", none)
	}
}

func TestAColumnThatIsNoArmIsRefused(t *testing.T) {
	t.Parallel()
	tally := analyze.NewTally(analyze.Question{Arm: "customer", Control: "c", Metrics: []analyze.Metric{bought}, Alpha: .05})
	var err error
	for i := 0; err == nil && i < 1000; i++ {
		err = tally.Add(analyze.Row{Arm: fmt.Appendf(nil, "c%d", i), Values: []int64{0}})
	}
	if want := `the column "customer" has more than 50 values; these cannot be arms`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
