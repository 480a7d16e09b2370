package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/delivery"
)

// Feedback is what a provider says of a message. ID is the event's own: one that
// comes again is the same.
type Feedback struct {
	ID, Ref, Type, Reason string
	At                    time.Time
	Hard                  bool
}

// StoreFeedback keeps what a channel's provider says, and returns how much of it
// was new. It is committed when it returns.
func (s *Store) StoreFeedback(ctx context.Context, channel string, events []Feedback) (int, error) {
	n := len(events)
	ids, refs, types, reasons := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	at, hard := make([]time.Time, n), make([]bool, n)
	for i, e := range events {
		ids[i], refs[i], types[i], reasons[i], at[i], hard[i] = e.ID, e.Ref, e.Type, e.Reason, e.At, e.Hard
	}
	tag, err := s.hot.Exec(ctx, statement("feedback/store"), channel, ids, refs, types, at, reasons, hard)
	if err != nil {
		return 0, fmt.Errorf("store feedback: %w", mapError(err))
	}
	return int(tag.RowsAffected()), nil
}

// Heard is what became of words: how many are done and put off, and those rejected
// because nothing that they could speak of is here.
type Heard struct {
	Done, Later int
	Rejected    []RejectedWord
}

// RejectedWord is a word of a channel's provider, and why it is rejected.
type RejectedWord struct{ Channel, Ref, Why string }

// How soon words are looked at again: on a delivery that somebody else holds, on
// one that cannot be judged yet, and on one that is not known.
const (
	heldWord    = time.Second
	openWord    = 30 * time.Second
	unknownWord = time.Minute
)

// heardWord is a row of feedback in hand.
type heardWord struct {
	id, delivery, customer int64 // delivery 0: there is none
	bans, ours             bool
	received               time.Time
	channel, ref           string
}

// HearFeedback applies words whose time has come, at most limit. References of
// this installation end in name; those on no delivery are tried again until they
// are older than giveUp. Several callers at once share the words.
func (s *Store) HearFeedback(ctx context.Context, name string, giveUp time.Duration, limit int) (heard Heard, err error) {
	err = s.InTxRetry(ctx, func(tx pgx.Tx) error {
		heard = Heard{}
		rows, err := tx.Query(ctx, statement("feedback/take"), name, limit)
		if err != nil {
			return err
		}
		words, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (w heardWord, err error) {
			var id, customer *int64
			if err = row.Scan(&w.id, &id, &customer, &w.bans, &w.ours, &w.received, &w.channel, &w.ref); err == nil && id != nil {
				w.delivery, w.customer = *id, *customer
			}
			return w, err
		})
		if err != nil || len(words) == 0 {
			return err
		}
		hearings, err := hear(ctx, tx, words)
		if err != nil {
			return err
		}
		var now time.Time
		if err := tx.QueryRow(ctx, "select clock_timestamp()").Scan(&now); err != nil {
			return err
		}
		return endWords(ctx, tx, words, hearings, now.Add(-giveUp), &heard)
	})
	if err != nil {
		return Heard{}, fmt.Errorf("hear feedback: %w", mapError(err))
	}
	return heard, nil
}

// hear judges the deliveries that words are on and writes what follows. It returns
// those that were not in other hands.
func hear(ctx context.Context, tx pgx.Tx, words []heardWord) (map[int64]delivery.Hearing, error) {
	var ids, of, customers []int64
	for _, w := range words {
		if w.delivery != 0 {
			ids, of = append(ids, w.id), append(of, w.delivery)
			if w.bans {
				customers = append(customers, w.customer)
			}
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	// Customers before deliveries, as the gate takes them.
	if len(customers) > 0 {
		if _, err := tx.Exec(ctx, statement("feedback/hold_customers"), customers); err != nil {
			return nil, err
		}
	}
	rows, err := tx.Query(ctx, statement("feedback/hold"), ids, of)
	if err != nil {
		return nil, err
	}
	states := map[int64]delivery.State{}
	var held []int64
	var id int64
	var state string
	if _, err := pgx.ForEachRow(rows, []any{&id, &state}, func() error {
		states[id], held = delivery.State(state), append(held, id)
		return nil
	}); err != nil {
		return nil, err
	}
	said, now, err := readFeedback(ctx, tx, held)
	if err != nil {
		return nil, err
	}
	hearings := make(map[int64]delivery.Hearing, len(held))
	for _, id := range held {
		hearings[id] = delivery.Hear(states[id], said[id], now)
	}
	if err := applyHearings(ctx, tx, held, states, hearings); err != nil {
		return nil, err
	}
	return hearings, banHeard(ctx, tx, held, said)
}

func readFeedback(ctx context.Context, tx pgx.Tx, ids []int64) (said map[int64][]delivery.Word, now time.Time, err error) {
	rows, err := tx.Query(ctx, statement("feedback/words"), ids)
	if err != nil {
		return nil, now, err
	}
	said = map[int64][]delivery.Word{}
	var id int64
	var w delivery.Word
	_, err = pgx.ForEachRow(rows, []any{&id, &w.Type, &w.At, &w.Received, &w.Reason, &w.Hard, &now}, func() error { said[id] = append(said[id], w); return nil })
	return said, now, err
}

// forgotten is why a planned or dead delivery goes into quarantine on its way to accepted.
const forgotten = "its provider has taken it"

// applyHearings moves deliveries, step by step where the way is long.
func applyHearings(ctx context.Context, tx pgx.Tx, ids []int64, states map[int64]delivery.State, hearings map[int64]delivery.Hearing) error {
	var planned, quarantined, failed []int64
	to, reasons := make([]string, len(ids)), make([]string, len(ids))
	delivered, bounced, complained := make([]*time.Time, len(ids)), make([]*time.Time, len(ids)), make([]*time.Time, len(ids))
	for i, id := range ids {
		h := hearings[id]
		to[i], reasons[i], delivered[i], bounced[i], complained[i] = string(h.To), h.Reason, h.DeliveredAt, h.BouncedAt, h.ComplainedAt
		if h.To == states[id] {
			continue
		}
		switch states[id] {
		case delivery.Planned, delivery.Dead:
			planned, quarantined = append(planned, id), append(quarantined, id)
		case delivery.Quarantine:
			quarantined = append(quarantined, id)
		}
		if h.To == delivery.Failed {
			failed = append(failed, id)
		}
	}
	if len(planned) > 0 {
		if _, err := tx.Exec(ctx, statement("feedback/wake"), planned, forgotten); err != nil {
			return err
		}
	}
	if len(quarantined) > 0 {
		if _, err := tx.Exec(ctx, statement("delivery/wake"), quarantined, make([]*int, len(quarantined))); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, "select delivery_id from deliveries where delivery_id = any ($1::bigint[]) and state = 'unknown'", quarantined)
		if err != nil {
			return err
		}
		woken, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return err
		}
		for i, id := range ids {
			if slices.Contains(quarantined, id) && !slices.Contains(woken, id) {
				to[i] = string(states[id]) // a ghost: nobody can have sent it
			}
		}
	}
	rows, err := tx.Query(ctx, statement("feedback/apply"), ids, to, reasons, delivered, bounced, complained, failed)
	if err != nil {
		return err
	}
	untaken, err := untakenOf(rows)
	if err != nil {
		return err
	}
	return untaken.giveBack(ctx, tx)
}

// banHeard suppresses addresses of which a hard bounce or a complaint is known.
func banHeard(ctx context.Context, tx pgx.Tx, ids []int64, said map[int64][]delivery.Word) error {
	var of []int64
	var reasons []string
	var since []time.Time
	for _, id := range ids {
		for _, w := range said[id] {
			if w.Type == "complained" || w.Type == "bounced" && w.Hard {
				of, reasons, since = append(of, id), append(reasons, w.Type), append(since, w.At)
			}
		}
	}
	if len(of) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, statement("feedback/ban"), of, reasons, since)
	return err
}

// endWords says of each word whether it is done.
func endWords(ctx context.Context, tx pgx.Tx, words []heardWord, hearings map[int64]delivery.Hearing, oldest time.Time, heard *Heard) error {
	ids, waits, whys := make([]int64, len(words)), make([]*float64, len(words)), make([]string, len(words))
	later := func(i int, d time.Duration) {
		seconds := d.Seconds()
		waits[i] = &seconds
		heard.Later++
	}
	reject := func(i int, why string) {
		whys[i] = why
		heard.Rejected = append(heard.Rejected, RejectedWord{words[i].channel, words[i].ref, why})
	}
	for i, w := range words {
		ids[i] = w.id
		h, held := hearings[w.delivery]
		switch {
		case !w.ours:
			reject(i, "not a reference of this installation")
		case w.delivery == 0 && w.received.Before(oldest):
			reject(i, "there is no such delivery on this channel")
		case w.delivery == 0:
			later(i, unknownWord)
		case !held:
			later(i, heldWord)
		case h.Wait:
			later(i, openWord)
		default:
			heard.Done++
		}
	}
	_, err := tx.Exec(ctx, statement("feedback/done"), ids, waits, whys)
	return err
}
