package delivery_test

import (
	"slices"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/delivery"
)

// Only states that a word may end are ended by words, and only by legal ways.
func TestWordsLeadOnlyWhereTheyMay(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	for _, s := range delivery.States {
		for _, kind := range delivery.Words {
			word := []delivery.Word{{Type: kind, At: at.Add(time.Hour), Received: at}}
			early, late := delivery.Hear(s, word, at.Add(time.Minute)), delivery.Hear(s, word, at.Add(time.Hour))
			moves := late.To != s
			want := s == delivery.Sending || s == delivery.Unknown || s == delivery.UnknownFinal || s == delivery.Planned || s == delivery.Dead || s == delivery.Quarantine
			if kind == "failed" {
				want = s == delivery.Unknown || s == delivery.UnknownFinal
			}
			if moves != want {
				t.Errorf("%s on %s: goes to %s", kind, s, late.To)
			}
			waits := kind == "failed" && (s == delivery.Sending || s == delivery.Unknown || s == delivery.UnknownFinal)
			if early.Wait != waits || early.Wait && early.To != s {
				t.Errorf("%s on %s after a minute: waits %t, goes to %s", kind, s, early.Wait, early.To)
			}
			if kind == "delivered" && !late.DeliveredAt.Equal(at) {
				t.Errorf("a clock that is ahead was believed: %v", late.DeliveredAt)
			}
		}
	}
}

// A provider need not say why, and what it says is one reason whatever the order.
func TestAMessageThatFailedHasAReason(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	says := func(reasons ...string) string {
		var words []delivery.Word
		for _, why := range reasons {
			words = append(words, delivery.Word{Type: "failed", At: at, Received: at, Reason: why})
		}
		return delivery.Hear(delivery.Unknown, words, at.Add(time.Hour)).Reason
	}
	got := []string{says(""), says("", "b", "a"), says("a", "b", "")}
	if want := []string{"refused", "a", "a"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAMessageIsSentAgainOnlyWithinItsWindow(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		after, window time.Duration
		want          bool
	}{
		{0, time.Hour, true}, {-time.Second, time.Hour, false}, {59*time.Minute - time.Nanosecond, time.Hour, true}, {59 * time.Minute, time.Hour, false},
		{0, 0, false}, {0, time.Minute, false},
	} {
		if got := delivery.Resendable(at, at.Add(test.after), test.window); got != test.want {
			t.Errorf("%s into a window of %s: got %t", test.after, test.window, got)
		}
	}
}
