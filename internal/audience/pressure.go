package audience

// Pressure counts the messages of one customer inside one cap's window. Real
// are messages that were sent or may have been (unknown counts); Ghosts are
// withheld deliveries of the campaign asked about.
type Pressure struct {
	Limit  int // 0: no cap
	Real   int
	Ghosts int
}

// Full reports whether one more message would break the cap. A real message
// counts real ones only. A ghost counts its campaign's ghosts too: they stand
// for messages its customer would have had, so that being available does not
// drift between the arms.
func (p Pressure) Full(ghost bool) bool {
	if p.Limit == 0 {
		return false
	}
	used := p.Real
	if ghost {
		used += p.Ghosts
	}
	return used >= p.Limit
}
