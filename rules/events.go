package rules

import (
	"errors"
	"sort"
	"time"
)

// log is every event of a customer, by name and then by time.
type log struct {
	*moment
	facts []EventFact
}

// named is the events of one name up to the decision.
func (l *log) named(name string) (*events, error) {
	if l == nil {
		return nil, errors.New("the events were not loaded")
	}
	i := sort.Search(len(l.facts), func(i int) bool { return l.facts[i].Name >= name })
	j := i + sort.Search(len(l.facts)-i, func(j int) bool {
		f := &l.facts[i+j]
		return f.Name != name || f.At.After(l.at)
	})
	return &events{moment: l.moment, facts: l.facts[i:j]}, nil
}

// events is a span of the events of one name in the order of time.
type events struct {
	*moment
	facts []EventFact
}

func (*events) loaded() error { return nil }

// between is the events of [from, to).
func (e *events) between(from, to time.Time) *events {
	i := sort.Search(len(e.facts), func(i int) bool { return !e.facts[i].At.Before(from) })
	j := sort.Search(len(e.facts), func(i int) bool { return !e.facts[i].At.Before(to) })
	return &events{moment: e.moment, facts: e.facts[i:max(i, j)]}
}

// with is the events that came with a text.
func (e *events) with(name, text string) (*events, error) {
	var kept []EventFact
	for _, f := range e.facts {
		if f.Props == nil {
			return nil, errNoProps
		}
		if a := f.Props[name]; a.Kind == Text && a.Text == text {
			kept = append(kept, f)
		}
	}
	return &events{moment: e.moment, facts: kept}, nil
}

// distinct is how many different texts came with the events under a name.
func (e *events) distinct(name string) (float64, error) {
	seen := map[string]bool{}
	for _, f := range e.facts {
		if f.Props == nil {
			return 0, errNoProps
		}
		if a := f.Props[name]; a.Kind == Text {
			seen[a.Text] = true
		}
	}
	return float64(len(seen)), nil
}

// newest is what came with the newest event, nothing where there is none.
func (e *events) newest() (map[string]Attribute, error) {
	if len(e.facts) == 0 {
		return nil, nil
	}
	props := e.facts[len(e.facts)-1].Props
	if props == nil {
		return nil, errNoProps
	}
	return props, nil
}

var errNoProps = errors.New("what came with the events was not loaded")

func (e *events) last() time.Time { return e.facts[len(e.facts)-1].At }

// event is the one that triggered the entry.
type event struct {
	EventFact
	*moment
}
