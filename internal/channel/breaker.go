package channel

import "time"

// Breaker tells from the calls of one process whether a channel's provider is out
// of order. It is closed at first: any number of calls may be open. Where half of
// the calls of the last minute went wrong, and they were enough to tell, it opens:
// no call begins until its rest is over. Then it is half open: one call at a time
// is tried, until one goes well, which closes it, or one goes wrong, which opens
// it for twice as long.
//
//	closed ──► open ──► half open ──► closed
//	             ▲           │
//	             └───────────┘
//
// Times are of one clock and do not go back. The zero Breaker is closed. It is
// not safe for several goroutines.
type Breaker struct {
	calls  [spans]span
	until  time.Time     // it is open up to then
	rest   time.Duration // the last; 0: closed
	trying bool          // half open, and a call is under way
}

// span counts the calls that ended in a part of the window.
type span struct {
	began     time.Time
	good, bad int
}

const (
	spans     = 12
	spanLasts = 5 * time.Second

	enough    = 20 // calls, to tell anything
	firstRest = 15 * time.Second
	longRest  = 5 * time.Minute
)

// Begin is how many of n calls may begin now: all, one, or none. Whoever is
// given any says End when they are over, or none was made.
func (b *Breaker) Begin(now time.Time, n int) int {
	switch {
	case b.Closed():
		return n
	case n == 0 || b.trying || now.Before(b.until):
		return 0
	}
	b.trying = true
	return 1
}

// Closed says whether any number of calls may begin.
func (b *Breaker) Closed() bool { return b.rest == 0 }

// End says that the calls which Begin let begin are over.
func (b *Breaker) End() { b.trying = false }

// Heard counts how a call ended. Above 0, it has just opened, for so long.
func (b *Breaker) Heard(now time.Time, o Outcome) time.Duration {
	good, known := fares(o)
	if !known {
		return 0
	}
	if !b.Closed() {
		switch {
		case !b.trying: // begun before it opened
		case good:
			*b = Breaker{}
		default:
			return b.open(now, min(2*b.rest, longRest))
		}
		return 0
	}
	s := b.span(now)
	if good {
		s.good++
		return 0
	}
	s.bad++
	if good, bad := b.count(now); good+bad >= enough && bad >= good {
		return b.open(now, firstRest)
	}
	return 0
}

// Told says that all who send know of the rest, so that it is theirs to say when
// it is over, which may be sooner.
func (b *Breaker) Told() { b.until = time.Time{} }

func (b *Breaker) open(now time.Time, rest time.Duration) time.Duration {
	*b = Breaker{rest: rest, until: now.Add(rest)}
	return rest
}

// span is the part of the window that an instant falls into.
func (b *Breaker) span(now time.Time) *span {
	began := now.Truncate(spanLasts)
	s := &b.calls[uint64(began.Unix()/int64(spanLasts/time.Second))%spans]
	if !s.began.Equal(began) {
		*s = span{began: began}
	}
	return s
}

// count adds up the window.
func (b *Breaker) count(now time.Time) (good, bad int) {
	for _, s := range b.calls {
		if now.Sub(s.began) < spans*spanLasts {
			good, bad = good+s.good, bad+s.bad
		}
	}
	return good, bad
}

// fares says whether an outcome speaks for the provider or against it. Not known
// is what says nothing of it.
func fares(o Outcome) (good, known bool) {
	switch o.Verdict {
	case Accepted, Failed: // it answered, and for good
		return true, true
	case NotTaken:
		return o.Trouble == OfMessage, o.Trouble != OurOwn
	}
	return false, true
}
