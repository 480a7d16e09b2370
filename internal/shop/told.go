package shop

import (
	"strconv"
	"time"
)

// How often an order is followed by words of the customer's.
const (
	reviewed = 0.03
	surveyed = 0.015
)

// Where buyers come from, in percent. Both are only read.
var (
	entryPaths       = []string{"search", "direct", "newsletter", "social", "advertising", "marketplace"}
	entryPathWeights = []int{30, 25, 15, 15, 10, 5}
)

// sale is a time of year at which much is sold below its list price.
type sale struct {
	from, to [2]int // month and day, both within
	share    float64
}

// sales are only read.
var sales = []sale{
	{[2]int{11, 8}, [2]int{11, 12}, 0.6},
	{[2]int{12, 27}, [2]int{12, 31}, 0.5}, {[2]int{1, 1}, [2]int{1, 10}, 0.5},
	{[2]int{7, 1}, [2]int{7, 14}, 0.5},
}

// discounted is how many orders have a discount at an instant.
func discounted(at time.Time) float64 {
	on := 100*int(at.Month()) + at.Day()
	for _, s := range sales {
		if on >= 100*s.from[0]+s.from[1] && on <= 100*s.to[0]+s.to[1] {
			return s.share
		}
	}
	return 0.05
}

// tell draws what the shop tells of an order besides what was bought, and what its
// customer says of it. It comes behind happen, which knows of late parcels, and
// has a stream of its own for each order: nothing that anybody does depends on it.
func (s *Shop) tell(i int, o *Order, c *Customer, salt uint64) {
	r := s.stream(i, streamTold, salt)
	if o.EntryPath = entryPaths[weighted(r, entryPathWeights, 100)]; o.EntryPath == "social" {
		o.EntryPath = "social/instagram"
		if c.Locale == "zh-CN" {
			o.EntryPath = "social/wechat"
		}
	}
	off, percent := r.Float64(), int64(10+10*r.IntN(3))
	if off < discounted(o.PlacedAt) {
		o.Discount = o.Minor() * percent / 100
	}
	takes, early := r.Float64(), r.Float64()
	late := !o.DeliveredAt.IsZero()
	if !late {
		o.DeliveredAt = o.PlacedAt.Add(inDays(1 + 3*takes))
		o.PromisedAt = o.DeliveredAt.Add(inDays(2 * early)).Truncate(day).Add(day)
	}
	arrives := o.DeliveredAt
	cancelled := o.wholly() && !arrives.Before(o.Refund.At) // given back before it came
	if cancelled || !arrives.Before(s.config.End) {
		o.DeliveredAt = time.Time{}
	}

	grade := strconv.Itoa(1 + r.IntN(3))
	for k := range o.Events {
		if o.Events[k].Name == ComplaintOpened {
			o.Events[k].Props = append(o.Events[k].Props, Prop{"grade", grade})
		}
	}
	reviews, score, reviewDays := r.Float64(), 3+r.IntN(3), r.Float64()
	answers, answer, answerDays := r.Float64(), r.IntN(3), r.Float64()
	if late || o.Refund != nil {
		score, answer = score-2, answer+1
	}
	told := func(kind, name string, at time.Time, props ...Prop) {
		if at.Before(s.config.End) && !cancelled {
			o.Events = append(o.Events, Event{ID: o.ID + kind, Name: name, Customer: c.ID, At: at, Props: props})
		}
	}
	if reviews < reviewed {
		told("-review", ReviewPosted, arrives.Add(inDays(1+9*reviewDays)), Prop{"order", o.ID}, Prop{"score", strconv.Itoa(score)}, Prop{"sku", o.Lines[0].Product.SKU})
	}
	if answers < surveyed {
		words := [...]string{"very satisfied", "satisfied", "unsatisfied", "very unsatisfied"}
		told("-survey", SurveyAnswered, arrives.Add(inDays(2+5*answerDays)), Prop{"order", o.ID}, Prop{"survey", "after-purchase"},
			Prop{"question", "How satisfied are you?"}, Prop{"answer", words[answer]})
	}
	sortEvents(o.Events)
}

// wholly says whether all of an order was given back.
func (o *Order) wholly() bool { return o.Refund != nil && minor(o.Refund.Lines) == o.Minor() }

const shipped = "shipped"

// status is the shop's word for an order as of an instant.
func (o *Order) status(at time.Time) string {
	switch {
	case o.wholly() && o.Refund.At.Before(at) && o.DeliveredAt.IsZero():
		return "cancelled"
	case o.wholly() && o.Refund.At.Before(at):
		return "returned"
	case !o.DeliveredAt.IsZero() && o.DeliveredAt.Before(at):
		return "delivered"
	case o.PlacedAt.Add(day).Before(at):
		return shipped
	}
	return "paid"
}
