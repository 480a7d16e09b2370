package customer_test

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rewave/rewave/internal/customer"
)

// near holds got to want within a relative tolerance.
func near(t *testing.T, name string, got, want float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > 1e-9*math.Abs(want) {
		t.Errorf("%s = %.13g, want %.13g", name, got, want)
	}
}

// CDNOW's parameters, in weeks (Fader, Hardie and Lee 2005); the figures were
// worked out apart from this code, in Python. 0 stands for one not given there.
func TestCycleOfCDNOW(t *testing.T) {
	t.Parallel()
	model := customer.GapModel{R: 0.243, Alpha: 4.414}
	for _, test := range []struct {
		name                           string
		cycle                          customer.Cycle
		meanGap, overdue, next, silent float64
	}{
		{"a slow buyer, not late", customer.Cycle{Repeats: 2, Last: 30.43, Age: 38.86}, 15.215, 0.5540584949, 28.03218021, 0.6150860295},
		{"one short gap is weak evidence", customer.Cycle{Repeats: 1, Last: 1.71, Age: 38.86}, 1.71, 21.7251462, 0, 0.08799429571},
		{"a steady buyer", customer.Cycle{Repeats: 26, Last: 30.86, Age: 31}, 1.186923077, 0.1179520415, 0, 0.9012699517},
		{"gone", customer.Cycle{Repeats: 6, Last: 20, Age: 38}, 0, 5.4, 0, 0.03180458757},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			gap, _ := test.cycle.MeanGap()
			overdue, _ := test.cycle.Overdue(0)
			next, ok := model.NextGap(test.cycle)
			silent, _ := model.Silent(test.cycle)
			if test.meanGap > 0 {
				near(t, "mean gap", gap, test.meanGap)
			}
			near(t, "overdue", overdue, test.overdue)
			if test.next > 0 {
				near(t, "next gap", next, test.next)
			}
			near(t, "silent", silent, test.silent)
			if !ok {
				t.Error("the next gap is not known")
			}
		})
	}
}

func TestCycleReadsDays(t *testing.T) {
	t.Parallel()
	days := []int{100, 100, 110, 150, 150, 180, 250}
	got, ok := customer.CycleOf(days, 200)
	want := customer.Cycle{Repeats: 3, Last: 80, Age: 100, Early: 2, Late: 1} // the one on day 150 is in the very middle
	if !ok || got != want {
		t.Errorf("got %+v, %t, want %+v", got, ok, want)
	}
	trend, ok := got.Trend()
	if want := 1.5 / 2.5; !ok || trend != want {
		t.Errorf("trend %v, %t, want %v", trend, ok, want)
	}
	near(t, "rate", got.Rate(), 0.03)
	young, _ := customer.CycleOf(days, 112)
	near(t, "rate of the first days", young.Rate(), 1./30)
}

func TestUnknownIsNotZero(t *testing.T) {
	t.Parallel()
	model := customer.GapModel{R: 0.243, Alpha: 30.9}
	type known struct{ Cycle, MeanGap, Overdue, OverdueOfShop, Trend, Silent, Next, SilentWithout bool }
	for _, test := range []struct {
		name string
		days []int
		want known
	}{
		{"never bought", nil, known{}},
		{"has not bought yet", []int{101}, known{}},
		{"bought once", []int{90}, known{Cycle: true, OverdueOfShop: true, Silent: true}},
		{"bought twice", []int{80, 90}, known{Cycle: true, MeanGap: true, Overdue: true, OverdueOfShop: true, Trend: true, Silent: true, Next: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got known
			c, ok := customer.CycleOf(test.days, 100)
			if got.Cycle = ok; ok {
				_, got.MeanGap = c.MeanGap()
				_, got.Overdue = c.Overdue(0)
				_, got.OverdueOfShop = c.Overdue(57)
				_, got.Trend = c.Trend()
				_, got.Silent = model.Silent(c)
				_, got.Next = model.NextGap(c)
				_, got.SilentWithout = customer.GapModel{}.Silent(c)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
	once, _ := customer.CycleOf([]int{43}, 100)
	if got, _ := once.Overdue(57); got != 1 {
		t.Errorf("one purchase, 57 days ago, in a shop of 57 days: %v", got)
	}
}

// The unit of time does not matter, and later days change nothing.
func TestCycleHasItsProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		days, asOf := purchases(t)
		c, ok := customer.CycleOf(days, asOf)
		if !ok {
			return
		}
		if again, _ := customer.CycleOf(append(slices.Clone(days), asOf+1, asOf+7), asOf); again != c {
			t.Fatalf("got %+v with later purchases, %+v without", again, c)
		}
		model := customer.GapModel{R: rapid.Float64Range(0.1, 5).Draw(t, "r"), Alpha: rapid.Float64Range(1, 300).Draw(t, "alpha")}
		silent, _ := model.Silent(c)
		weeks := c
		weeks.Last, weeks.Age = c.Last/7, c.Age/7
		inWeeks, _ := customer.GapModel{R: model.R, Alpha: model.Alpha / 7}.Silent(weeks)
		if !(silent > 0 && silent <= 1) || math.Abs(silent-inWeeks) > 1e-9 {
			t.Fatalf("%+v: silent %v in days, %v in weeks", c, silent, inWeeks)
		}
	})
}

// purchases draws purchase days, some twice, and a day to look from.
func purchases(t *rapid.T) (days []int, asOf int) {
	day := rapid.IntRange(14000, 15000).Draw(t, "first")
	for range rapid.IntRange(0, 14).Draw(t, "orders") {
		days = append(days, day)
		day += rapid.OneOf(rapid.IntRange(0, 20), rapid.IntRange(0, 200)).Draw(t, "gap")
	}
	return days, day + rapid.IntRange(-300, 500).Draw(t, "later")
}

// The treated arm of a curve worked out with R: survival steps at 2, 5 and 12.
func TestFirstGapsCountThoseNotBack(t *testing.T) {
	t.Parallel()
	gaps := map[customer.FirstGap]int64{
		{Days: 2, Back: true}: 1, {Days: 5, Back: true}: 2, {Days: 9}: 1, {Days: 12, Back: true}: 1, {Days: 20}: 1, {Days: 30}: 4,
	}
	got := customer.FirstGapsOf(gaps)
	if median, ok := got.Median(); ok {
		t.Errorf("5 in 12 are back, and half after %v days", median)
	}
	for gap := range gaps {
		gaps[gap] *= 10
	}
	got = customer.FirstGapsOf(gaps)
	type answer struct {
		Days  float64
		Known bool
	}
	var quantiles []answer
	for _, q := range []float64{0.2, 0.5, 0.72, 0.9, 1} {
		days, ok := got.AmongBack(q) // the curve is at .1, .3 and .41667
		quantiles = append(quantiles, answer{days, ok})
	}
	if diff := cmp.Diff([]answer{{2, true}, {5, true}, {5, true}, {12, true}, {12, true}}, quantiles); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if days, ok := customer.FirstGapsOf(nil).AmongBack(0.9); ok {
		t.Errorf("nobody is back after %v days", days)
	}
	few := customer.FirstGapsOf(map[customer.FirstGap]int64{{Days: 2, Back: true}: 9})
	if days, ok := few.AmongBack(0.9); ok {
		t.Errorf("nine customers gave %v days", days)
	}
	if median, ok := few.Median(); !ok || median != 2 {
		t.Errorf("the median of nine equal gaps is %v, %t", median, ok)
	}
}

func TestFirstGapsOfOnlineRetail(t *testing.T) {
	t.Parallel()
	var reference retailRepurchase
	retailReference(t, &reference)
	end := date(t, reference.Repurchase.End)
	all, back := map[customer.FirstGap]int64{}, map[customer.FirstGap]int64{}
	for _, days := range purchaseDays(onlineRetail(t)) {
		gap, _ := customer.FirstGapOf(days, end)
		all[gap]++
		if gap.Back {
			back[gap]++
		}
	}
	dropped := customer.FirstGapsOf(back) // those not back left out, as the reference does
	short, _ := dropped.Median()
	if want := reference.Repurchase.Median; short != want {
		t.Errorf("the median gap of those who came back is %v days, want %v", short, want)
	}
	gaps := customer.FirstGapsOf(all)
	median, known := gaps.Median()
	q90, _ := gaps.AmongBack(0.9)
	short90, _ := dropped.AmongBack(0.9)
	if !known || median <= short || q90 <= short90 {
		t.Errorf("half are back after %v days (%v without the others), nine in ten who come back after %v (%v)", median, short, q90, short90)
	}
	t.Logf("half are back after %v days (%v without the others), nine in ten who come back after %v (%v)", median, short, q90, short90)
}
