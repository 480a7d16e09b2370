package campaigns

import "github.com/rewave/rewave/internal/source"

// key is one key of the format.
type key struct {
	name     string
	says     string // for the editor: one sentence, what it means
	shape    shape  // what its value may be
	examples []any
	needed   bool
}

// table is the keys that may stand in one place of the file. What the reader
// accepts and what the JSON Schema says come from the same tables, so neither
// can know a key that the other does not.
type table struct {
	keys      []key
	later     []string          // of the format, and not honoured yet
	elsewhere map[string]string // what people write here by mistake, with what to do
	between   []shape           // conditions between the keys, for the schema
}

// read reads n as a mapping of the table's keys.
func (t table) read(n source.Node) (source.Mapping, bool) {
	return n.Mapping(source.Keys{Known: t.names(), Later: t.later, Elsewhere: t.elsewhere})
}

func (t table) names() []string {
	names := make([]string, len(t.keys))
	for i, k := range t.keys {
		names[i] = k.name
	}
	return names
}

// below is, for each key of t, the place where it belongs.
func below(place string, t table) map[string]string {
	out := map[string]string{}
	for _, name := range t.names() {
		out[name] = "it stands below " + place
	}
	return out
}

// The words of the format.
var (
	knownChannels = []string{"email", "sms"}
	laterChannels = []string{"webhook", "wechat", "whatsapp", "push", "call"}

	exitReasons    = []string{"repurchased"}
	holdConditions = []string{"complaint_open", "dispute"}
	staleAnswers   = []string{"wait", "skip", "send"}
	recurrences    = []string{"day", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "month"}
	waveKinds      = []string{"promotion", "service"}
	cohortSpans    = []string{"month", "week"}

	entryEvents = []string{"order_paid"}
	laterEvents = []string{"order_delivered", "order_refunded", "customer_created", "cart_abandoned"}

	knownMetrics   = []string{"repurchase_rate", "orders", "revenue", "profit", "refund_rate", "unsubscribes"}
	primaryMetrics = []string{"repurchase_rate"}

	laterRequirements = []string{"delivered", "opened", "clicked"}

	// reserved are the anchors of evaluation points that are not waves.
	reserved = []string{"entry", "sequence_end"}
)

const (
	everyRound     = "round" // the look at the end of each round
	segmentEntered = "segment_entered"
	ownEvent       = "event"     // Enter.On where the event is the shop's own
	purpose        = "marketing" // what a service wave may ask consent for

	defaultPriority  = 50
	defaultExhausted = "skip"
)

// How many there may be.
const (
	maxWaves    = 50
	maxVariants = 20
	maxStrata   = 100
	maxPoints   = 50
	maxRounds   = 100
	maxList     = 20  // words of a list
	maxBefore   = 365 // days
	maxMinute   = 1_000_000
	maxExpected = 2_000_000_000
	maxText     = 60 // runes of a name that comes from data
)
