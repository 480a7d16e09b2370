package audience

// Pressure counts the messages of one customer inside one cap's window. Real
// are messages that were sent or may have been (unknown counts); Ghosts are
// withheld and skipped deliveries of the campaign asked about; Outranking are
// planned real messages of campaigns of strictly higher priority that fall due
// soon enough to be kept room for.
type Pressure struct {
	Limit      int // 0: no cap
	Real       int
	Ghosts     int
	Outranking int
}

// Full says why one more message would break the cap: Capped where what has
// gone out fills it, Outranked where only what has yet to go out does; empty if
// there is room. A real message counts real ones only. A ghost counts its
// campaign's ghosts too: they stand for messages its customer would have had,
// so that being available does not drift between the arms.
func (p Pressure) Full(ghost bool) Reason {
	used := p.Real
	if ghost {
		used += p.Ghosts
	}
	switch {
	case p.Limit == 0:
		return ""
	case used >= p.Limit:
		return Capped
	case used+p.Outranking >= p.Limit:
		return Outranked
	}
	return ""
}
