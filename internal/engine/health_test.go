package engine

import (
	"testing"
	"time"

	"github.com/rewave/rewave/internal/channel"
)

// Calls under way hear the same at nearly the same moment: one of them tells the
// others. What a later call hears is news, even where it asks for less: a person
// may have ended the first rest.
func TestARestIsToldOnceByAllThatHearOfIt(t *testing.T) {
	t.Parallel()
	var h health
	now := time.Unix(1_800_000_000, 0)
	at := func(s int) time.Time { return now.Add(time.Duration(s) * time.Second) }
	for _, step := range []struct {
		heard, until int
		news         bool
	}{
		{0, 60, true},
		{0, 60, false},
		{11, 70, true}, // longer, by more than a second
		{12, 71, false},
		{12, 30, false},
		{40, 60, true}, // of a call that began after the first rest
	} {
		got := h.news(at(step.heard), at(step.until))
		if got != step.news {
			t.Errorf("at %d s until %d s: news %t", step.heard, step.until, got)
		}
		if got {
			h.tell(at(step.heard), at(step.until))
		}
	}
}

// That a provider rests is said once, by whoever finds out, and that it is back
// once, when no call from before can be meant.
func TestARestIsSaidOnceAndItsEndToo(t *testing.T) {
	t.Parallel()
	var h health
	now := time.Unix(1_800_000_000, 0)
	accepted := channel.Outcome{Verdict: channel.Accepted}
	if !h.tell(now, now.Add(30*time.Second)) || h.tell(now.Add(time.Second), now.Add(40*time.Second)) || h.found(now) {
		t.Error("it is said again")
	}
	for _, step := range []struct {
		at   time.Duration
		back bool
	}{{time.Second, false}, {39 * time.Second, false}, {40 * time.Second, true}, {41 * time.Second, false}} {
		if _, back := h.heard(now.Add(step.at), accepted); back != step.back {
			t.Errorf("after %v back: %t", step.at, back)
		}
	}
	later := now.Add(time.Hour)
	if !h.found(later) {
		t.Error("a new rest is not said")
	}
	if _, back := h.heard(later.Add(time.Second), accepted); back {
		t.Error("a call from before the rest ended it")
	}
	if _, back := h.heard(later.Add(callTimeout), accepted); !back {
		t.Error("its end is not said")
	}
}
