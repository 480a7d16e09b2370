package testkit_test

import (
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/rewave/rewave/internal/testkit"
)

func TestAClusterSpreadsItsKeysAndStartsAgainWithoutThem(t *testing.T) {
	t.Parallel()
	c := testkit.NewRedisCluster(t, 3)
	opts := &redis.ClusterOptions{}
	for _, n := range c.Nodes {
		opts.Addrs = append(opts.Addrs, n.Addr)
	}
	client := redis.NewClusterClient(opts)
	defer client.Close()
	for _, key := range []string{"a", "b", "c", "{a}b"} {
		if err := client.Set(t.Context(), key, "there", 0).Err(); err != nil {
			t.Fatal(err)
		}
		master, err := client.MasterForKey(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := c.NodeOf(key).Addr, master.Options().Addr; got != want {
			t.Errorf("node of %s: got %s, want %s", key, got, want)
		}
	}
	if c.NodeOf("a") == c.NodeOf("b") || c.NodeOf("a") != c.NodeOf("{a}b") {
		t.Error("a and b should be on two nodes, {a}b beside a")
	}
	node := c.NodeOf("a")
	node.Kill()
	node.Start()
	direct := redis.NewClient(&redis.Options{Addr: node.Addr})
	defer direct.Close()
	if n, err := direct.DBSize(t.Context()).Result(); n != 0 || err != nil {
		t.Errorf("got %d keys (%v), want none after a kill", n, err)
	}
}

func TestASentinelNamesItsMaster(t *testing.T) {
	t.Parallel()
	s := testkit.NewRedisSentinel(t, 1)
	_, addrs, _ := strings.Cut(s.URL, "://")
	addrs, _, _ = strings.Cut(addrs, "/")
	client := redis.NewSentinelClient(&redis.Options{Addr: addrs})
	defer client.Close()
	got, err := client.GetMasterAddrByName(t.Context(), "shop").Result()
	if err != nil || strings.Join(got, ":") != s.Master.Addr {
		t.Errorf("got %v (%v), want %s", got, err, s.Master.Addr)
	}
}
