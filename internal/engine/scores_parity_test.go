package engine

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/model"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/scores"
	"github.com/rewave/rewave/internal/testkit"
	"github.com/rewave/rewave/rules"
)

// What is predicted is the same by SQL and by the rule, for numbers that are the
// very value of a customer too.
func TestSQLAndPredictionsAgree(t *testing.T) {
	t.Parallel()
	count := fromEnv(t, "REWAVE_RULES", 30)
	db := testkit.NewDB(t)
	zone, err := calendar.Zone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	e := &Engine{Store: db.Store, Log: slog.New(slog.DiscardHandler), Shop: Shop{Zone: zone, Currency: "EUR", Digits: 2}}
	randomShop(t, db, fromEnv(t, "REWAVE_CUSTOMERS", 300))
	ctx := context.Background()
	if err := db.Store.EnsureFeatures(ctx, "EUR", zone.String()); err != nil {
		t.Fatal(err)
	}
	margin := 0.4
	base := rules.Scores{
		Version: rules.ScoresVersion, Margin: &margin, Discount: 0.15,
		Purchases: &model.Params{Version: model.Version, Kind: model.MBG, Unit: model.Week, R: 0.525, Alpha: 6.183, A: 0.891, B: 1.614},
		Spend:     &model.SpendParams{Version: model.Version, P: 6.25, Q: 3.74, V: 154400},
		RFM:       customer.Boundaries{Recency: customer.Quintiles{30, 60, 120, 200}, Frequency: customer.Quintiles{1, 1, 3, 5}, Monetary: customer.Quintiles{0, 29900, 50000, 120000}, Customers: 9},
		Lifecycle: customer.Lifecycle{}.WithDefaults(),
	}
	exact, asked := 0, 0
	for n, change := range []func(*rules.Scores){
		func(*rules.Scores) {},
		func(s *rules.Scores) { s.Purchases.Kind = model.BG },
		func(s *rules.Scores) { s.Purchases.Kind, s.Purchases.A, s.Purchases.B = model.NBD, 0, 0 },
		func(s *rules.Scores) { s.Doubt, s.SpendDoubt, s.RFM = "off", "few", customer.Boundaries{} },
	} {
		s := base
		p := *base.Purchases
		s.Purchases = &p
		change(&s)
		for m, at := range []time.Time{time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC), time.Date(2026, 6, 30, 22, 0, 0, 0, time.UTC)} {
			s.FittedAt = at
			if _, err := db.Store.Fitting(ctx, "EUR", zone.String(), at, false, func(f *postgres.Fitting) error {
				_, err := f.Keep(ctx, scores.Fitted{Scores: s, Accepted: true})
				return err
			}); err != nil {
				t.Fatal(err)
			}
			spoilStages(t, db, e, at, (n+m)%len(spoils))
			w := &scoreWriter{ruleWriter{rand.New(rand.NewPCG(uint64(n), uint64(m)))}, everybody(t, e, at), nil}
			for id := range w.envs {
				w.ids = append(w.ids, id)
			}
			slices.Sort(w.ids)
			for range count {
				text := w.rule()
				rule, faults := rules.Compile(text, rules.Options{})
				if faults != nil {
					t.Fatalf("%s: %v", text, faults)
				}
				exact += agree(t, e, rule, at, w.envs)
				asked++
			}
		}
	}
	if exact < asked/2 {
		t.Errorf("only %d of %d rules translate", exact, asked)
	}
}

// spoils are what may be wrong with the stages that are kept.
var spoils = []string{
	"", // nothing
	"delete from customer_stages where customer_id % 2 = 0",
	// Rows that are not right say nonsense.
	"update customer_features set version = nextval('feature_versions') where customer_id % 3 = 0; update customer_stages set days = array(select d - 50 from unnest(days) d) where customer_id % 3 = 0",
	"update customer_stages set scores_id = -scores_id, days = array(select d - 50 from unnest(days) d) where customer_id % 4 > 0",
	"truncate customer_stages",
}

func spoilStages(t *testing.T, db *testkit.DB, e *Engine, at time.Time, how int) {
	t.Helper()
	if err := e.FillStages(context.Background(), at, func(int64, int64) {}); err != nil {
		t.Fatal(err)
	}
	if missing := testkit.Get[int](t, db, "select count(*)::int from customer_features f where orders > 0 and not exists (select from customer_stages s where s.customer_id = f.customer_id and s.version = f.version)"); missing > 0 {
		t.Fatalf("%d are missing after a fill", missing)
	}
	if spoils[how] != "" {
		db.Exec(t, spoils[how]+"; insert into stage_due (after) values (0)") // as nobody spoils anything without a word
	}
}

// scoreWriter draws rules about what is predicted.
type scoreWriter struct {
	ruleWriter
	envs map[string]rules.Env
	ids  []string
}

func (w *scoreWriter) rule() string {
	one := w.condition()
	switch w.IntN(5) {
	case 0:
		return one
	case 1:
		return "not (" + one + ") or " + w.condition()
	case 2:
		return w.ruleWriter.rule(1) + " or " + one
	}
	return one + w.of(" and ", " or ") + w.condition()
}

func (w *scoreWriter) condition() string { return sensible(w.draw) }

func (w *scoreWriter) draw() string {
	number := w.of("orders.gap_probability", "orders.expected_gap", "predicted.alive", "predicted.order_value", "rfm.recency", "rfm.frequency", "rfm.monetary",
		"rfm.recency", "rfm.frequency", "rfm.monetary", `orders.since("2026-03-29").gap_probability`, `orders.before("2026-07-01").expected_gap`, "orders.trend", "predicted.clv", `predicted.orders("30d")`, "lifecycle.days_in_stage")
	op := w.of("==", "!=", "<", "<=", ">", ">=")
	switch w.IntN(11) {
	case 9, 10:
		return w.stage()
	case 0:
		return "rfm.cell" + w.of(" == ", " != ", " startsWith ") + w.of(`"555"`, `"111"`, `"345"`, `"5"`)
	case 1:
		return "rfm.cell in [\"555\", \"544\", \"511\"]"
	case 2:
		return w.stage()
	case 3:
		return w.of("-"+number, "abs("+number+")", number+" * 2") + " " + op + " 1"
	case 4:
		return number + " in [1, " + w.constant(number) + ", " + w.value(number) + "]"
	case 5, 6:
		return number + " " + op + " " + w.value(number)
	}
	return number + " " + op + " " + w.constant(number)
}

// constant is a number that it may be.
func (w *scoreWriter) constant(number string) string {
	switch {
	case strings.HasPrefix(number, "rfm."):
		return w.of("1", "2", "3", "4", "5")
	case strings.HasSuffix(number, "_probability"), strings.HasSuffix(number, ".alive"):
		return w.of("0", "1", "0.05", "0.2", "0.5", "0.999", "1e-300")
	}
	return w.of("0", "1", "2", "3", "5", "6", "0.05", "0.5", "30", "90", "250", "1e-300", "-1")
}

// value is that of somebody.
func (w *scoreWriter) value(number string) string {
	rule, faults := rules.Compile("abs("+number+") > 0", rules.Options{})
	if faults != nil {
		panic(fmt.Sprint(faults))
	}
	for range 20 {
		if value, ok := rule.Explain(w.envs[w.ids[w.IntN(len(w.ids))]])[0].Exact[number]; ok {
			return strconv.FormatFloat(value, 'f', -1, 64)
		}
	}
	return "1"
}
