// Package customer is who a message goes to: the profile as the shop told it, and
// what their purchases say of them as of a day: scores, rhythm, stage, cohort.
// Unknown is nil, empty or ok = false, never a guess.
package customer

// ID is the ledger's own number of a customer. It never leaves the database in
// a link or a message; the shop's id does.
type ID int64

// Profile is what is known of a customer. ShopID is never empty.
type Profile struct {
	ID        ID
	ShopID    string
	FirstName *string
	LastName  *string
	Locale    string
	Region    string
	Zone      string // IANA name; empty: unknown, the shop's zone stands in
}
