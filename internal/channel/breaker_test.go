package channel

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var (
	taken   = Outcome{Verdict: Accepted}
	refused = Outcome{Verdict: Failed, Reason: "550"}
	greyed  = Outcome{Verdict: NotTaken, Reason: "451"}
	broken  = Outcome{Verdict: NotTaken, Reason: "dial", Trouble: OfProvider}
	resting = Outcome{Verdict: NotTaken, Reason: "421", Trouble: Rests}
	doubt   = Outcome{Verdict: Unknown, Reason: "timeout"}
	ours    = Outcome{Verdict: NotTaken, Reason: "cancelled", Trouble: OurOwn}
)

// times is n outcomes, a second apart.
func times(n int, o Outcome) (all []Outcome) {
	for range n {
		all = append(all, o)
	}
	return all
}

func TestABreakerOpensAtHalfOfEnoughCalls(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		calls []Outcome
		apart time.Duration
		opens bool
	}{
		"all are taken":                            {times(200, taken), time.Second, false},
		"too few to tell":                          {times(19, broken), time.Second, false},
		"no connection":                            {times(20, broken), time.Second, true},
		"it says that it rests":                    {times(20, resting), time.Second, true},
		"nobody can say":                           {times(20, doubt), time.Second, true},
		"nearly half":                              {append(times(11, taken), times(9, broken)...), time.Second, false},
		"half":                                     {append(times(10, taken), times(10, broken)...), time.Second, true},
		"refused for good, the provider is well":   {times(100, refused), time.Second, false},
		"the recipients' own trouble":              {times(100, greyed), time.Second, false},
		"broken off by ourselves":                  {times(100, ours), time.Second, false},
		"what is older than a minute is forgotten": {times(40, broken), 4 * time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var b Breaker
			now, opened := time.Unix(1_800_000_000, 0), time.Duration(0)
			for _, o := range test.calls {
				opened = max(opened, b.Heard(now, o))
				now = now.Add(test.apart)
			}
			want := time.Duration(0)
			if test.opens {
				want = firstRest
			}
			if opened != want {
				t.Errorf("opened for %v, want %v", opened, want)
			}
			if got := b.Begin(now.Add(-test.apart), 7); (got == 0) != test.opens {
				t.Errorf("%d may begin", got)
			}
		})
	}
}

func TestABreakerTriesOneCallAtATime(t *testing.T) {
	t.Parallel()
	var b Breaker
	now := time.Unix(1_800_000_000, 0)
	for range 20 {
		b.Heard(now, broken)
	}
	var rests []string
	for range 6 {
		if got := b.Begin(now, 5); got != 0 {
			t.Fatalf("%d began while it is open", got)
		}
		b.Heard(now, taken) // a call that began before: it closes nothing
		b.Heard(now, broken)
		now = b.until
		if got, more := b.Begin(now, 5), b.Begin(now, 5); got != 1 || more != 0 {
			t.Fatalf("%d and %d began when it is half open, want 1 and 0", got, more)
		}
		rests = append(rests, b.Heard(now, broken).String())
		b.Heard(now, broken) // others that end at that moment
		b.End()
	}
	if got, want := strings.Join(rests, " "), "30s 1m0s 2m0s 4m0s 5m0s 5m0s"; got != want {
		t.Errorf("rests %s, want %s", got, want)
	}
	now = b.until
	b.Begin(now, 5)
	b.End() // it made no call: the next one tries
	if got := b.Begin(now, 5); got != 1 {
		t.Errorf("%d may begin after a try without a call", got)
	}
	b.Heard(now, ours) // says nothing
	b.Heard(now, taken)
	b.End()
	if got := b.Begin(now, 5); got != 5 {
		t.Errorf("%d may begin when it is closed again", got)
	}
}

func TestARestThatAllKnowOfIsOverWhenTheySay(t *testing.T) {
	t.Parallel()
	var b Breaker
	now := time.Unix(1_800_000_000, 0)
	for range 20 {
		b.Heard(now, broken)
	}
	b.Told()
	if got := b.Begin(now, 5); got != 1 {
		t.Errorf("%d may begin, want the one that is tried", got)
	}
	if got := b.Heard(now, broken); got != 2*firstRest {
		t.Errorf("opened for %v", got)
	}
}

// Whatever happens in whatever order: an open breaker lets nothing begin, a half
// open one at most one at a time, it opens only by a call that went wrong, and one
// good try closes it.
func TestABreakerHoldsInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var b Breaker
		now, out := time.Unix(1_800_000_000, 0), 0 // tries under way
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 20_000).Draw(t, "ms")) * time.Millisecond)
			open, tripped := now.Before(b.until), b.rest > 0
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				n := rapid.IntRange(0, 9).Draw(t, "n")
				got := b.Begin(now, n)
				switch {
				case !tripped && got != n, open && got != 0, tripped && got > 1, tripped && out > 0 && got > 0:
					t.Fatalf("%d of %d began: open %t, tripped %t, %d tries", got, n, open, tripped, out)
				}
				if tripped {
					out += got
				}
			case 1:
				b.End()
				out = 0
			default:
				o := rapid.SampledFrom([]Outcome{taken, refused, greyed, broken, resting, doubt, ours}).Draw(t, "outcome")
				rest := b.Heard(now, o)
				good, known := fares(o)
				switch {
				case rest > 0 && (good || !known), rest > longRest, rest > 0 && !now.Before(b.until):
					t.Fatalf("%+v opened it for %v", o, rest)
				case tripped && out > 0 && good && b.rest != 0:
					t.Fatal("a good try did not close it")
				case tripped && out == 0 && rest != 0:
					t.Fatal("it opened again without a try")
				}
				if tripped && known {
					out = 0
				}
			}
		}
	})
}
