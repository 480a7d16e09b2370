package event_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rewave/rewave/internal/event"
)

// day is noon of a day in January.
func day(n int) time.Time { return time.Date(2026, 1, n, 12, 0, 0, 0, time.UTC) }

// told is an event of a day, with a ref unless that is empty.
func told(name string, n int, ref string) event.Event {
	e := event.Event{Source: "test", ID: fmt.Sprint(name, n, ref), Name: name, At: day(n)}
	if ref != "" {
		e.Props = map[string]event.Value{"ref": {Kind: event.Text, Text: ref}}
	}
	return e
}

func TestHolds(t *testing.T) {
	t.Parallel()
	const opened, closed = event.ComplaintOpened, event.ComplaintClosed
	complaint := func(ref string, from, until int) event.Hold {
		h := event.Hold{Kind: event.ComplaintOpen, Ref: ref, OpenedAt: day(from)}
		if until > 0 {
			h.ClosedAt = day(until)
		}
		return h
	}
	numbered := told(opened, 1, "")
	numbered.Props = map[string]event.Value{"ref": {Kind: event.Number, Number: 42}}
	for _, test := range []struct {
		name   string
		events []event.Event
		want   []event.Hold
	}{
		{"nothing", nil, nil},
		{"other events", []event.Event{told("Order Delayed", 1, "")}, nil},
		{"names are exact", []event.Event{told("complaint opened", 1, "")}, nil},
		{"open", []event.Event{told(opened, 1, "")}, []event.Hold{complaint("", 1, 0)}},
		{"opened and closed", []event.Event{told(opened, 1, ""), told(closed, 3, "")}, []event.Hold{complaint("", 1, 3)}},
		{"closed by its ref, not the newest", []event.Event{told(opened, 1, "a"), told(opened, 2, "b"), told(closed, 3, "a")},
			[]event.Hold{complaint("a", 1, 3), complaint("b", 2, 0)}},
		{"closed without ref: the newest", []event.Event{told(opened, 1, "a"), told(opened, 2, "b"), told(closed, 3, "")},
			[]event.Hold{complaint("a", 1, 0), complaint("b", 2, 3)}},
		{"closed with a ref that nobody opened: the one without", []event.Event{told(opened, 1, ""), told(opened, 2, "b"), told(closed, 3, "x")},
			[]event.Hold{complaint("", 1, 3), complaint("b", 2, 0)}},
		{"closed with a ref that nobody opened, all others having one", []event.Event{told(opened, 2, "b"), told(closed, 3, "x")},
			[]event.Hold{complaint("b", 2, 0)}},
		{"closed before it was opened closes nothing", []event.Event{told(closed, 1, "a"), told(opened, 2, "a")}, []event.Hold{complaint("a", 2, 0)}},
		{"opened twice is one case", []event.Event{told(opened, 1, "a"), told(opened, 2, "a"), told(closed, 3, "a")}, []event.Hold{complaint("a", 1, 3)}},
		{"two without ref are two cases", []event.Event{told(opened, 1, ""), told(opened, 2, ""), told(closed, 3, "")},
			[]event.Hold{complaint("", 1, 0), complaint("", 2, 3)}},
		{"opened again", []event.Event{told(opened, 1, "a"), told(closed, 2, "a"), told(opened, 4, "a")},
			[]event.Hold{complaint("a", 1, 2), complaint("a", 4, 0)}},
		{"opened and closed at one instant is no hold", []event.Event{told(closed, 1, "a"), told(opened, 1, "a")}, nil},
		{"a number is a ref as text is", []event.Event{numbered, told(closed, 2, "42")}, []event.Hold{complaint("42", 1, 2)}},
		{"disputes are apart", []event.Event{told(opened, 1, "a"), told(event.DisputeOpened, 2, "a"), told(event.DisputeClosed, 3, "a")},
			[]event.Hold{complaint("a", 1, 0), {Kind: event.Dispute, Ref: "a", OpenedAt: day(2), ClosedAt: day(3)}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(event.Holds(test.events), test.want, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("holds (-got +want):\n%s", diff)
			}
		})
	}
}

func TestHoldsDoNotDependOnTheOrderOfArrival(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	for range 500 {
		var events []event.Event
		for i := range 1 + random.IntN(8) {
			e := told(pick(event.HoldNames...), 1+random.IntN(5), pick("", "", "a", "b"))
			e.ID = fmt.Sprint(i)
			events = append(events, e)
		}
		want := event.Holds(events)
		for i := range want {
			if i > 0 && want[i].Kind == want[i-1].Kind && want[i].Ref == want[i-1].Ref && want[i].OpenedAt.Equal(want[i-1].OpenedAt) {
				t.Fatalf("two holds are the same in kind, ref and opening: %v", want)
			}
		}
		mixed := slices.Clone(events)
		random.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		if diff := cmp.Diff(event.Holds(mixed), want, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("%v in another order (-got +want):\n%s", events, diff)
		}
	}
}
