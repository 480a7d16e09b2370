package delivery_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rewave/rewave/internal/audience"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/delivery"
)

var december = calendar.Date{Year: 2026, Month: time.December, Day: 1}

func TestAWarmUpGrowsFromDayToDay(t *testing.T) {
	t.Parallel()
	w := delivery.WarmUp{From: december, Start: 200, Grow: 1.5, Until: 50_000}
	var got []int
	for i := -2; i < 17; i++ {
		got = append(got, w.Limit(december.AddDays(i)))
	}
	// 200 * 1.5^n, rounded down; before the first day as on it.
	want := []int{200, 200, 200, 300, 450, 675, 1012, 1518, 2278, 3417, 5125, 7688, 11533, 17299, 25949, 38923, 50000, 50000, 50000}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got -, want +:\n%s", diff)
	}
	if got := w.Limit(december.AddDays(1_000_000)); got != 50_000 {
		t.Errorf("in the far future %d", got)
	}
}

func TestAWarmUpsDayIsTheShops(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	w := delivery.WarmUp{From: december, Start: 10, Grow: 2, Until: 100, Zone: berlin}
	got := w.On(time.Date(2026, 12, 1, 23, 30, 0, 0, time.UTC))
	want := delivery.Day{Date: december.AddDays(1), Limit: 20, Ends: time.Date(2026, 12, 2, 23, 0, 0, 0, time.UTC)}
	if !got.Ends.Equal(want.Ends) || got.Date != want.Date || got.Limit != want.Limit {
		t.Errorf("got %+v, want %+v", got, want)
	}
	// The clocks go back on this day, which has 25 hours.
	if got := w.On(time.Date(2026, 10, 24, 22, 0, 0, 0, time.UTC)); got.Ends.Sub(time.Date(2026, 10, 24, 22, 0, 0, 0, time.UTC)) != 25*time.Hour {
		t.Errorf("the day ends at %v", got.Ends)
	}
}

func TestAWarmUpNeverShrinksAndStaysWithinItsBounds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		start := rapid.IntRange(1, 1_000_000).Draw(t, "start")
		w := delivery.WarmUp{From: december, Start: start, Grow: rapid.Float64Range(1.01, 10).Draw(t, "grow"), Until: rapid.IntRange(start, 100_000_000).Draw(t, "until")}
		day := rapid.IntRange(-400, 4000).Draw(t, "day")
		today, tomorrow := w.Limit(december.AddDays(day)), w.Limit(december.AddDays(day+1))
		if today < start || tomorrow < today || tomorrow > w.Until {
			t.Fatalf("%d, then %d", today, tomorrow)
		}
	})
}

// Nobody gets more than the day has, ghosts take nothing of it, and service
// messages count and pass.
func TestADayIsGivenOutOneByOne(t *testing.T) {
	t.Parallel()
	r := delivery.Reserve{Day: delivery.Rate{Limit: 3, FreeAt: noon.Add(time.Hour)}}
	var got []string
	for _, change := range []func(*delivery.Facts){
		func(*delivery.Facts) {},
		func(f *delivery.Facts) { f.Skip = true },
		func(f *delivery.Facts) { f.Purpose = audience.Service },
		func(*delivery.Facts) {},
		func(*delivery.Facts) {},
		func(f *delivery.Facts) { f.Skip = true },
		func(f *delivery.Facts) { f.Purpose = audience.Service },
	} {
		f := sendable()
		change(&f)
		a := r.Gate(f, noon)
		got = append(got, string(a.To)+" "+string(a.Reason))
	}
	want := []string{"sending ", "withheld skip", "sending ", "sending ", "planned warm_up", "planned warm_up", "sending "}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("answers (got -, want +):\n%s", diff)
	}
	if r.Day.Used != 4 {
		t.Errorf("%d of the day are used, want 4", r.Day.Used)
	}
}
