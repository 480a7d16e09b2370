package shop

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
)

// Names of events.
const (
	OrderDelayed    = "Order Delayed"    // order, carrier, days, expected_on, promised_on
	ReturnRequested = "Return Requested" // order, category, reason; shortly before the refund
	ComplaintOpened = "Complaint Opened" // ref, order, grade
	ComplaintClosed = "Complaint Closed" // ref
	ReviewPosted    = "Review Posted"    // order, score, sku; of one product
	SurveyAnswered  = "Survey Answered"  // order, survey, question, answer
	ProductViewed   = "Product Viewed"   // category, sku
)

// Event is what happens to a customer besides orders and refunds, at a whole
// second.
type Event struct {
	ID       string // that of the order, and what happened
	Name     string
	Customer string
	At       time.Time
	Props    []Prop // in the order of the columns of events.csv; values are never empty
}

// Prop is one property of an event.
type Prop struct{ Name, Value string }

// carriers are only read.
var carriers = [...]string{"Kestrel Parcels", "Postline", "Red Van"}

// happen draws what happens around an order: a late parcel, the request of the
// return it has, a complaint. The number of draws is always the same, so that
// nothing in a later order depends on it.
func (s *Shop) happen(o *Order, customer string, r *rand.Rand) {
	m := s.config.Model
	late, lateIn, lateBy, carrier := r.Float64(), r.Float64(), 1+r.IntN(5), carriers[r.IntN(len(carriers))]
	back := r.Float64()
	complain, opens, lasts := r.Float64(), r.Float64(), r.Float64()

	quiet := 1 - m.ComplainAnyway // the probability that nobody complains
	about := o.PlacedAt.Add(inDays(1 + 9*opens))
	told := func(kind, name string, at time.Time, props ...Prop) {
		if at.Before(s.config.End) {
			o.Events = append(o.Events, Event{ID: o.ID + kind, Name: name, Customer: customer, At: at, Props: props})
		}
	}
	if o.Refund != nil {
		quiet *= 1 - m.ComplainReturns
		before := min(inDays((2+46*back)/24), o.Refund.At.Sub(o.PlacedAt)/2)
		at := o.Refund.At.Add(-before.Truncate(time.Second))
		about = at.Add(inDays(2 * opens))
		told("-return", ReturnRequested, at, Prop{"order", o.ID}, Prop{"category", o.Refund.Lines[0].Product.Category}, Prop{"reason", o.Refund.Reason})
	}
	if late < m.LateParcel {
		quiet *= 1 - m.ComplainLate
		at := o.PlacedAt.Add(inDays(3 + 3*lateIn))
		about = at.Add(inDays(2 * opens))
		expected := at.AddDate(0, 0, lateBy)
		o.PromisedAt, o.DeliveredAt = at.Truncate(day).Add(day), expected
		told("-late", OrderDelayed, at, Prop{"order", o.ID}, Prop{"carrier", carrier}, Prop{"days", strconv.Itoa(lateBy)},
			Prop{"expected_on", expected.Format(time.DateOnly)}, Prop{"promised_on", expected.AddDate(0, 0, 1).Format(time.DateOnly)})
	}
	if complain >= quiet {
		ref := Prop{"ref", o.ID + "-case"}
		told("-opened", ComplaintOpened, about, ref, Prop{"order", o.ID})
		told("-closed", ComplaintClosed, about.Add(inDays(1+9*lasts)), ref)
	}
	sortEvents(o.Events)
}

func sortEvents(events []Event) {
	slices.SortStableFunc(events, func(a, b Event) int { return a.At.Compare(b.At) })
}

// inDays is a duration in whole seconds.
func inDays(days float64) time.Duration { return time.Duration(days*86400) * time.Second }
