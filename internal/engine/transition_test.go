package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/testkit"
)

// The database refuses what the table in internal/delivery refuses, and nothing
// else: every pair of states is tried on both.
func TestTheDatabaseHasTheSameTransitions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(1, thanks(treatAll))
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, w.db.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx) //nolint:errcheck // the database goes away
	for _, from := range delivery.States {
		for _, to := range delivery.States {
			if from == to {
				continue
			}
			err := tryMove(ctx, conn, from, to)
			if legal := delivery.Legal(from, to); legal != (err == nil) {
				t.Errorf("%s to %s: Legal says %t, the database says %v", from, to, legal, err)
			}
			if want := fmt.Sprintf("cannot go from %s to %s", from, to); err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%s to %s: refused with %q, want %q", from, to, err, want)
			}
		}
	}
}

// tryMove puts the delivery into a state by force and moves it as anybody would.
func tryMove(ctx context.Context, conn *pgx.Conn, from, to delivery.State) error {
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(ctx) //nolint:errcheck // nothing is kept
	const set = "update deliveries set state = $1, reason = 'test', epoch = 1, gate_at = now(), claimed_at = now(), provider = 'test', due_at = case $1 when 'planned' then now() end where wave = 'hello'"
	if _, err := tx.Exec(ctx, "set local session_replication_role = replica"); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, set, string(from)); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "set local session_replication_role = origin"); err != nil {
		return err
	}
	if to == delivery.Planned || to == delivery.Dead {
		// Where only people lead.
		if _, err := tx.Exec(ctx, "insert into acts (verb, delivery_id, was, became, who, because) select 'replay', delivery_id, $1, $2, 'ann', 'test' from deliveries where wave = 'hello'",
			string(from), string(to)); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, set, string(to))
	return err
}

func TestTheLedgerIsNotRewritten(t *testing.T) {
	t.Parallel()
	const offPool = "insert into coupon_pools (pool, kind, per_customer) values ('off', 'gift', 1); insert into coupons (pool, code) values ('off', 'STRAY1')"
	w := newWorld(t)
	w.entered(8, thanks())
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, w.db.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx) //nolint:errcheck // the database goes away
	for sql, want := range map[string]string{
		"delete from deliveries":                                               "deliveries are never deleted",
		"update deliveries set arm = 'hold' where arm = 'treat'":               "are immutable",
		"update deliveries set scheduled_at = scheduled_at + interval '1 day'": "are immutable",
		"update deliveries set wave = wave || 'x'":                             "are immutable",
		"update deliveries set round = 2":                                      "are immutable",
		"update deliveries set state = 'sending', epoch = 1, gate_at = now(), claimed_at = now(), due_at = null where arm = 'hold'":                                                                                      "only_treated_are_sent",
		"update deliveries set state = 'sending', gate_at = now(), due_at = null where arm = 'treat'":                                                                                                                    "sending_was_claimed",
		"update deliveries set state = 'suppressed', due_at = null":                                                                                                                                                      "refusals_have_a_reason",
		offPool + `; update coupons set customer_id = d.customer_id, entered_at = d.entered_at, enrollment_id = d.enrollment_id, round = 9, wave = d.wave, bound_at = now() from deliveries d`:                           "code STRAY1 is of no delivery",
		offPool + `; update coupons set customer_id = d.customer_id, entered_at = d.entered_at, enrollment_id = d.enrollment_id, round = d.round, wave = d.wave, bound_at = now() from deliveries d where arm = 'hold'`:  "code STRAY1 is of no delivery of somebody treated",
		offPool + `; insert into coupons (pool, code, customer_id, entered_at, enrollment_id, round, wave, bound_at) select 'off', 'BOUND1', customer_id, entered_at, enrollment_id, round, wave, now() from deliveries`: "a code begins free, and BOUND1 does not",
		"delete from rounds":                                      "rounds stay",
		"truncate deliveries":                                     "deliveries stay",
		"truncate rounds":                                         "rounds stay",
		"truncate enrollments":                                    "enrollments stay",
		"truncate campaign_designs":                               "campaign_designs stay",
		"truncate customers, coupon_leaks cascade":                "enrollments stay",
		"update rounds set round = 2":                             "rounds stay",
		"delete from enrollments":                                 "enrollments stay",
		"update enrollments set customer_id = customer_id + 1000": "enrollments stay",
		"update campaign_designs set design = design + 1":         "campaign_designs stay",
		"update customers set customer_id = customer_id + 1000":   "they entered a campaign",
		"insert into rounds (customer_id, entered_at, enrollment_id, round, started_at) select customer_id, entered_at, enrollment_id + 1000, 1, now() from enrollments":                                                                                                                                                                                "is of no enrollment",
		"insert into deliveries (customer_id, entered_at, enrollment_id, round, wave, campaign_id, version_id, arm, channel, scheduled_at, due_at, expires_at, zone) select customer_id, entered_at, enrollment_id, 7, wave, campaign_id, version_id, arm, channel, scheduled_at, due_at, expires_at, zone from deliveries":                             "has not begun round 7",
		"insert into enrollments (customer_id, entered_at, campaign_id, design, version_id, entry, arm, layer, u, holdout_ppb, assigned_id, zone) select customer_id + 1000, entered_at, campaign_id, design, version_id, entry, arm, layer, u, holdout_ppb, assigned_id, zone from enrollments":                                                        "there is no customer",
		"insert into enrollments (customer_id, entered_at, campaign_id, design, version_id, entry, arm, layer, u, holdout_ppb, assigned_id, zone) select customer_id, entered_at + interval '1 day', campaign_id, design + 5, version_id, entry, arm, layer, u, holdout_ppb, assigned_id, zone from enrollments":                                        "has no design",
		"insert into deliveries (customer_id, entered_at, enrollment_id, round, wave, campaign_id, version_id, arm, channel, state, reason, scheduled_at, due_at, expires_at) select customer_id, entered_at, enrollment_id, round, 'more', campaign_id, version_id, arm, channel, 'expired', 'late', scheduled_at, due_at, expires_at from deliveries": "a delivery begins as planned",
	} {
		if _, err := conn.Exec(ctx, sql); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\n  got  %v\n  want %s", sql, err, want)
		}
	}
}

// A customer who is deleted while they enter a campaign either stays or does not
// enter, whoever was first.
func TestNobodyEntersWhoIsBeingDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.entered(1, thanks())
	ctx := context.Background()
	begin := func() pgx.Tx {
		conn, err := pgx.Connect(ctx, w.db.DSN)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close(ctx) }) //nolint:errcheck // the database goes away
		tx, err := conn.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return tx
	}
	// beside runs a statement that must wait for another transaction, which is committed then.
	beside := func(other pgx.Tx, sql string) error {
		ended := make(chan error, 1)
		tx := begin()
		go func() { _, err := tx.Exec(ctx, sql); ended <- err }()
		for deadline := time.Now().Add(10 * time.Second); ; {
			select {
			case err := <-ended:
				t.Fatalf("%s did not wait: %v", sql, err)
			case <-time.After(5 * time.Millisecond):
			}
			if testkit.Get[bool](t, w.db, "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')") {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s does not wait", sql)
			}
		}
		if err := other.Commit(ctx); err != nil {
			t.Fatal(err)
		}
		return <-ended
	}
	w.db.Exec(t, "insert into customers (shop_id) values ('first'), ('second')")
	enters := func(customer string) string {
		return fmt.Sprintf(`insert into enrollments (customer_id, entered_at, campaign_id, design, version_id, entry, arm, layer, u, holdout_ppb, assigned_id, zone)
			select %d, entered_at, campaign_id, design, version_id, entry, arm, layer, u, holdout_ppb, assigned_id, zone from enrollments limit 1`,
			testkit.Get[int64](t, w.db, "select customer_id from customers where shop_id = $1", customer))
	}
	second := enters("second")
	entering, leaving := begin(), begin()
	if _, err := entering.Exec(ctx, enters("first")); err != nil {
		t.Fatal(err)
	}
	if err := beside(entering, "delete from customers where shop_id = 'first'"); err == nil || !strings.Contains(err.Error(), "they entered a campaign") {
		t.Errorf("who had entered was deleted: %v", err)
	}
	if _, err := leaving.Exec(ctx, "delete from customers where shop_id = 'second'"); err != nil {
		t.Fatal(err)
	}
	if err := beside(leaving, second); err == nil || !strings.Contains(err.Error(), "there is no customer") {
		t.Errorf("who was deleted entered: %v", err)
	}
}
