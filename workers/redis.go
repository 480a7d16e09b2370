package workers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rewave/rewave/internal/fault"
)

// Connect opens Redis by REDIS_URL (see Address). One that does not answer is said
// in the log and not refused: the client reaches it as soon as it is there. One that
// does not let us in is refused, one of another kind than the URL says, and one that
// evicts keys, because a hint evicted in the middle of its life jams the queue
// behind it.
func Connect(ctx context.Context, url string, log *slog.Logger) (redis.UniversalClient, error) {
	at, err := ReadAddress(url)
	if err != nil {
		return nil, err
	}
	client := at.open()
	client.AddHook(patient{})
	whole := ctx
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	err = ping(ctx, client)
	if refusal := at.refuse(err); refusal != nil {
		_ = client.Close() // nothing was opened
		return nil, refusal
	}
	if err != nil {
		log.Warn("Redis does not answer; starting without it", "address", strings.Join(at.nodes, ", "), "error", err)
		return client, nil
	}
	if err = at.refuseKind(ctx, client); err == nil {
		err = refuseEviction(ctx, client)
	}
	if _, ok := fault.Of(err); ok || whole.Err() != nil { // or we are told to stop
		_ = client.Close() // nothing was written
		return nil, cmp.Or(whole.Err(), err)
	}
	if err != nil { // a node of a cluster is away: Presence asks again
		log.Warn("Redis does not tell whether it evicts keys", "address", strings.Join(at.nodes, ", "), "error", err)
	}
	return client, nil
}

// ping is patient for a second with a server that can be told so.
func ping(ctx context.Context, client redis.UniversalClient) error {
	if c, ok := client.(*redis.Client); ok {
		return c.WithTimeout(time.Second).Ping(ctx).Err()
	}
	return client.Ping(ctx).Err()
}

// refuse is the fault of a first answer that no waiting mends; nil otherwise.
func (a Address) refuse(err error) error {
	nodes := strings.Join(a.nodes, ", ")
	says := func(word string) bool { return err != nil && strings.Contains(strings.ToLower(err.Error()), word) }
	switch {
	case says("noauth"), says("wrongpass"), says("noperm"):
		hint := "check user and password in REDIS_URL"
		if a.kind == sentinel {
			hint += ": before the sentinels stands what they ask for, ?username=&password= is for Redis itself"
		}
		return fault.Wrap(fault.Unavailable, err, a.String()+" does not let us in", hint)
	case a.kind == cluster && (says("cluster support disabled") || says("unknown command")):
		return fault.Wrap(fault.Unavailable, err, "Redis at "+nodes+" is no cluster, and REDIS_URL says that it is", singleForm)
	case a.kind == sentinel && says("unknown command"):
		return fault.Wrap(fault.Unavailable, err, nodes+" is no sentinel, and REDIS_URL says that it is", singleForm)
	case a.kind == sentinel && errors.Is(err, redis.Nil):
		return fault.Wrap(fault.Unavailable, err, "the sentinels at "+nodes+" know no master "+a.master, "redis-cli -p 26379 sentinel masters, and write its name as master_name")
	}
	return nil
}

// refuseKind refuses a cluster's node and a sentinel where one server was named:
// both answer, and take nothing.
func (a Address) refuseKind(ctx context.Context, client redis.UniversalClient) error {
	if a.kind != single {
		return nil
	}
	info, err := client.Info(ctx, "server").Result()
	switch {
	case err != nil:
		return nil //nolint:nilerr // some do not say
	case strings.Contains(info, "redis_mode:cluster"):
		return fault.New(fault.Unavailable, a.String()+" is a node of a cluster, and REDIS_URL says that it is one server", "REDIS_URL=redis-cluster://"+a.nodes[0])
	case strings.Contains(info, "redis_mode:sentinel"):
		return fault.New(fault.Unavailable, a.String()+" is a sentinel, and REDIS_URL says that it is a server", "REDIS_URL=redis-sentinel://"+a.nodes[0]+"/0?master_name=mymaster")
	}
	return nil
}

// refuseEviction asks every master that takes our keys.
func refuseEviction(ctx context.Context, client redis.UniversalClient) error {
	switch c := client.(type) {
	case *redis.ClusterClient:
		return c.ForEachMaster(ctx, evicts)
	case *redis.Client:
		return evicts(ctx, c)
	}
	return nil
}

// errEvicts is in the fault of a server that evicts keys.
var errEvicts = errors.New("keys may be evicted")

func evicts(ctx context.Context, client *redis.Client) error {
	name := "Redis at " + client.Options().Addr
	if client.Options().Addr == "FailoverClient" { // go-redis' name for whom sentinels name
		name = "the master that the sentinels name"
	}
	policy, err := client.ConfigGet(ctx, "maxmemory-policy").Result()
	if err != nil {
		if strings.Contains(strings.ToLower(err.Error()), "unknown") || strings.Contains(strings.ToLower(err.Error()), "permission") {
			return nil // managed or in-process servers do not say; nothing can be proven here
		}
		return fmt.Errorf("ask %s for its eviction policy: %w", name, err)
	}
	if got := policy["maxmemory-policy"]; got != "" && got != "noeviction" {
		return fault.Wrap(fault.Unavailable, errEvicts, fmt.Sprintf("%s evicts keys (maxmemory-policy %s); hints of sends would vanish in mid-queue", name, got),
			"redis-cli config set maxmemory-policy noeviction")
	}
	return nil
}

// patient makes a refused command take a moment: asynq asks for the next task
// again at once after an error, and a Redis that is full, loading or read-only
// would be asked as fast as it can refuse.
type patient struct{}

// refusedFor is how long a refusal takes.
const refusedFor = 200 * time.Millisecond

func (patient) DialHook(next redis.DialHook) redis.DialHook { return next }
func (patient) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (patient) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		if !refused(err) {
			return err
		}
		timer := time.NewTimer(refusedFor)
		defer timer.Stop()
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		return err
	}
}

// refused tells a server's refusal from its ordinary answers: nothing there, a
// script to be sent whole, a script's own word.
func refused(err error) bool {
	var answer redis.Error
	if !errors.As(err, &answer) || errors.Is(err, redis.Nil) {
		return false
	}
	return !strings.HasPrefix(answer.Error(), "NOSCRIPT") && !strings.Contains(answer.Error(), "NOT FOUND")
}
