package workers

import (
	"strings"
	"testing"

	"github.com/rewave/rewave/internal/testkit"
)

func TestAnAddressSaysHowRedisIsRun(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"redis://127.0.0.1":                                                           "Redis at 127.0.0.1:6379",
		"rediss://ann:secret@cache.example:6380/3":                                    "Redis at cache.example:6380",
		"unix:///run/redis.sock?db=2":                                                 "Redis at /run/redis.sock",
		"redis-cluster://:secret@10.0.0.1,10.0.0.2:7000":                              "Redis Cluster at 10.0.0.1:6379, 10.0.0.2:7000",
		"rediss-cluster://cache.example/0?dial_timeout=1":                             "Redis Cluster at cache.example:6379",
		"redis-cluster://[::1]:7000,[::2]:7001":                                       "Redis Cluster at [::1]:7000, [::2]:7001",
		"redis://10.0.0.1:7000?addr=10.0.0.2:7000":                                    "Redis Cluster at 10.0.0.1:7000, 10.0.0.2:7000",
		"redis-sentinel://10.0.0.1,10.0.0.2:26380/1?master_name=shop&password=secret": "Redis shop by the sentinels at 10.0.0.1:26379, 10.0.0.2:26380",
		"redis://10.0.0.1:26379?addr=10.0.0.2:26379&master_name=shop":                 "Redis shop by the sentinels at 10.0.0.1:26379, 10.0.0.2:26379",
	} {
		a, err := ReadAddress(url)
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		same(t, url, a.String(), want)
	}
}

func TestAnAddressThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"http://127.0.0.1":                           "REDIS_URL cannot be read\nTry: " + singleForm,
		"redis://u:secret@h:port":                    "REDIS_URL cannot be read\nTry: " + singleForm,
		"redis://u:secret@h/x":                       "REDIS_URL cannot be read\nTry: " + singleForm,
		"redis://h?colour=red":                       "REDIS_URL cannot be read: nothing reads the option colour\nTry: " + singleForm,
		"redis-ring://h":                             "REDIS_URL names a kind of Redis that is not known: redis-ring\nTry: " + clusterForm,
		"redis://h:1,h:2":                            "REDIS_URL names 2 servers and not what they are to each other\nTry: " + clusterForm + " or " + sentinelForm,
		"redis-cluster://h:1,,h:2":                   "REDIS_URL has no host and port between its commas: \"\"\nTry: " + clusterForm,
		"redis-cluster://h/2":                        "REDIS_URL asks for database 2, and a cluster has only 0\nTry: " + clusterForm,
		"redis-cluster://h?master_name=shop":         "REDIS_URL cannot be read: nothing reads the option master_name\nTry: " + clusterForm,
		"redis-sentinel://h/0":                       "REDIS_URL names sentinels and not the master to ask them for\nTry: " + sentinelForm,
		"redis-sentinel://h#shop":                    "REDIS_URL ends in #shop, which nothing reads\nTry: " + sentinelForm,
		"redis-sentinel://h/x?master_name=shop":      "REDIS_URL cannot be read\nTry: " + sentinelForm,
		"redis-cluster://h?read_only=true":           "REDIS_URL has read_only: what a replica says may be old, so only masters are asked\nTry: leave read_only out",
		"redis://h?master_name=a&route_randomly=yes": "REDIS_URL has route_randomly: what a replica says may be old, so only masters are asked\nTry: leave route_randomly out",
	} {
		_, err := ReadAddress(url)
		if err == nil {
			t.Errorf("%s was taken", url)
			continue
		}
		same(t, url, words(t, err), want)
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("the password is repeated: %v", err)
		}
	}
}

// What answers and is not what the URL says would take nothing, or not know its master.
func TestARedisOfAnotherKindIsRefused(t *testing.T) {
	t.Parallel()
	nodes, behind := testkit.NewRedisCluster(t, 3), testkit.NewRedisSentinel(t, 1)
	node, master := nodes.Nodes[1].Addr, behind.Master.Addr
	_, guard, _ := strings.Cut(behind.URL, "://")
	guard, _, _ = strings.Cut(guard, "/")
	for url, want := range map[string]string{
		"redis://" + node: "Redis at " + node + " is a node of a cluster, and REDIS_URL says that it is one server\nTry: REDIS_URL=redis-cluster://" + node,
		"redis://" + guard: "Redis at " + guard + " is a sentinel, and REDIS_URL says that it is a server\nTry: REDIS_URL=redis-sentinel://" + guard +
			"/0?master_name=mymaster",
		"redis-cluster://" + master:                          "Redis at " + master + " is no cluster, and REDIS_URL says that it is\nTry: " + singleForm,
		"redis-cluster://" + guard:                           "Redis at " + guard + " is no cluster, and REDIS_URL says that it is\nTry: " + singleForm,
		"redis-sentinel://" + master + "/0?master_name=shop": master + " is no sentinel, and REDIS_URL says that it is\nTry: " + singleForm,
		"redis-sentinel://" + guard + "/0?master_name=mine":  "the sentinels at " + guard + " know no master mine\nTry: redis-cli -p 26379 sentinel masters, and write its name as master_name",
	} {
		client, err := Connect(t.Context(), url, (&lines{}).logger())
		if err == nil {
			client.Close()
			t.Errorf("%s was taken", url)
			continue
		}
		same(t, url, words(t, err), want)
	}
}

func TestAClusterOfWhichOneMasterEvictsIsRefused(t *testing.T) {
	t.Parallel()
	c := testkit.NewRedisCluster(t, 3)
	one := c.Nodes[2].Addr
	if err := dial(t, "redis://"+one).ConfigSet(t.Context(), "maxmemory-policy", "allkeys-lru").Err(); err != nil {
		t.Fatal(err)
	}
	_, err := Connect(t.Context(), c.URL, (&lines{}).logger())
	same(t, "message", words(t, err), "Redis at "+one+" evicts keys (maxmemory-policy allkeys-lru); hints of sends would vanish in mid-queue\nTry: redis-cli config set maxmemory-policy noeviction")
}

// Whichever node it asks first: a cluster that lacks one is not refused.
func TestAClusterThatLacksANodeIsWaitedFor(t *testing.T) {
	t.Parallel()
	c := testkit.NewRedisCluster(t, 3)
	c.Nodes[0].Kill()
	log := &lines{}
	for range 4 {
		client, err := Connect(t.Context(), c.URL, log.logger())
		if err != nil {
			t.Fatal(err)
		}
		client.Close()
	}
	same(t, "lines", log.with("level=WARN", c.Nodes[0].Addr), 4)
}

func TestAPolicyThatChangesIsSaid(t *testing.T) {
	t.Parallel()
	url, _ := ownRedis(t)
	log := &lines{}
	client := connect(t, url)
	p := NewPresence(client, log.logger())
	ask := func(policy string, notes int) {
		if err := client.ConfigSet(t.Context(), "maxmemory-policy", policy).Err(); err != nil {
			t.Fatal(err)
		}
		p.asked = p.asked.Add(-askPolicyEvery)
		if err := p.ask(t.Context(), []queue{queueOf("email")}); err != nil {
			t.Fatal(err)
		}
		same(t, "notes while "+policy, len(p.Notes()), notes)
	}
	ask("noeviction", 0)
	ask("allkeys-lru", 1)
	ask("allkeys-lru", 1)
	ask("noeviction", 0)
	same(t, "times it says so", log.with("level=ERROR", "this Redis is not fit", "allkeys-lru"), 1)
	same(t, "times it says that it is over", log.with("evicts keys no more"), 1)
}

// A default cluster deals its slots evenly and in order.
func TestTheQueuesOfOurChannelsLieOnDifferentNodes(t *testing.T) {
	t.Parallel()
	client := dial(t, "redis://"+testkit.NewRedisCluster(t, 1).Nodes[0].Addr)
	slot := func(channel string) int64 {
		n, err := client.ClusterKeySlot(t.Context(), queueOf(channel).key("pending")).Result()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	email, sms := slot("email"), slot("sms")
	for nodes := int64(2); nodes <= 6; nodes++ {
		if email*nodes/16384 == sms*nodes/16384 {
			t.Errorf("of %d nodes both queues are on node %d", nodes, email*nodes/16384)
		}
	}
}
