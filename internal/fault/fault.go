// Package fault is the shape of an error that a person can act on: a code for
// programs, a message for the person and a hint that says what to do next.
//
// It knows no HTTP status and no exit code; each driver maps Code in one table.
// An error without a Fault in its chain is internal: shown as such and logged
// in full.
package fault

import "errors"

// Code says what kind of failure it was. The set is closed; drivers map all of it.
type Code string

const (
	Usage       Code = "usage"       // the call itself is wrong
	Invalid     Code = "invalid"     // a file or value the person wrote has faults
	NotFound    Code = "not_found"   // a named thing does not exist
	Conflict    Code = "conflict"    // it exists or changed in the meantime
	Unavailable Code = "unavailable" // a service we need does not answer or is not fit
	Denied      Code = "denied"      // not permitted, or not ours to touch
	Pending     Code = "pending"     // differences wait to be applied
	Broken      Code = "broken"      // an invariant of the ledger does not hold
)

// Fault is an error with a code, a message in lower case and an optional hint:
// one sentence that says what to do. Err, when set, is the cause and is logged,
// not shown.
type Fault struct {
	Code    Code
	Message string
	Hint    string
	Err     error
}

// New returns a Fault; hint may be empty.
func New(code Code, message, hint string) *Fault {
	return &Fault{Code: code, Message: message, Hint: hint}
}

// Wrap puts a message for the person around a cause.
func Wrap(code Code, err error, message, hint string) *Fault {
	return &Fault{Code: code, Message: message, Hint: hint, Err: err}
}

// Error is the message, then the cause where there is one; the hint is the
// driver's to print.
func (f *Fault) Error() string {
	if f.Err != nil {
		return f.Message + ": " + f.Err.Error()
	}
	return f.Message
}

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.Err }

// Of finds the first Fault in err's chain.
func Of(err error) (*Fault, bool) {
	var f *Fault
	ok := errors.As(err, &f)
	return f, ok
}
