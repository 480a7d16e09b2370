// Package consent says whether a channel may be used for a purpose. The newest
// word of the customer counts; no word is no consent.
package consent

// Word is the newest consent row of a customer for one channel and purpose as
// of an instant.
type Word struct {
	Known   bool // false: the customer never said anything
	Granted bool
}

// Allowed is true only for a known yes.
func (w Word) Allowed() bool { return w.Known && w.Granted }
