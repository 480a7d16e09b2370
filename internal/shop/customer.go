package shop

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Customer is one account as the shop knows it.
type Customer struct {
	ID           string // c000001, c000002, ...
	Email        string // ID@demo.invalid
	Phone        string // +999 and eight digits; empty for three in ten
	FirstName    string
	LastName     string
	Locale       string // en-GB, en-US or zh-CN
	Region       string // ISO 3166-2
	Zone         string // IANA name
	FirstSeenAt  time.Time
	EmailConsent bool // given, or refused
	SMSConsent   bool // as EmailConsent, where there is a phone
	ConsentAt    time.Time
}

// place is where customers live and how they are called there.
type place struct {
	weight  int
	locale  string
	zone    string
	hours   dayCurve
	regions []string
	first   []string
	last    []string
}

// places are only read.
var places = []place{
	{
		weight: 45, locale: "en-GB", zone: "Europe/London", hours: newDayCurve(0),
		regions: []string{"GB-ENG", "GB-ENG", "GB-ENG", "GB-SCT", "GB-WLS"},
		first: []string{"Amelia", "Arthur", "Beth", "Callum", "Daisy", "Edward", "Freya", "George", "Hannah", "Imran",
			"Isla", "Jack", "Lily", "Mohammed", "Nia", "Oliver", "Poppy", "Rhys", "Sophie", "Zara"},
		last: []string{"Ahmed", "Baker", "Campbell", "Davies", "Evans", "Fraser", "Green", "Hughes", "Khan", "Lewis",
			"Morgan", "Patel", "Reid", "Shaw", "Taylor", "Walker"},
	},
	{
		weight: 35, locale: "zh-CN", zone: "Asia/Shanghai", hours: newDayCurve(8),
		regions: []string{"CN-SH", "CN-ZJ", "CN-JS", "CN-BJ", "CN-GD"},
		first: []string{"伟", "芳", "娜", "敏", "静", "磊", "洋", "艳", "勇", "杰",
			"子涵", "雨桐", "浩然", "欣怡", "梓萱", "宇轩", "思远", "佳怡", "明哲", "若曦"},
		last: []string{"王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "林"},
	},
	{
		weight: 20, locale: "en-US", zone: "America/New_York", hours: newDayCurve(-5),
		regions: []string{"US-NY", "US-NJ", "US-MA", "US-PA", "US-FL"},
		first: []string{"Aiden", "Ava", "Carlos", "Chloe", "Diego", "Emily", "Ethan", "Grace", "Jada", "Jayden",
			"Liam", "Madison", "Mason", "Mia", "Noah", "Olivia", "Sofia", "Tyler", "Victoria", "Wyatt"},
		last: []string{"Anderson", "Brown", "Clark", "Diaz", "Garcia", "Harris", "Jackson", "Johnson", "Kim", "Lopez",
			"Miller", "Nguyen", "Rivera", "Smith", "Thompson", "Williams"},
	},
}

// newCustomer draws who customer i is, all but the two instants, and where
// they live.
func newCustomer(i int, consent float64, r *rand.Rand) (Customer, *place) {
	var home *place
	for n, p := r.IntN(100), 0; ; p++ {
		home = &places[p]
		if n < home.weight {
			break
		}
		n -= home.weight
	}
	id := customerID(i)
	c := Customer{
		ID:           id,
		Email:        id + "@demo.invalid",
		FirstName:    home.first[r.IntN(len(home.first))],
		LastName:     home.last[r.IntN(len(home.last))],
		Locale:       home.locale,
		Region:       home.regions[r.IntN(len(home.regions))],
		Zone:         home.zone,
		EmailConsent: r.Float64() < consent,
	}
	if i%10 < 7 {
		c.Phone, c.SMSConsent = fmt.Sprintf("+999%08d", i+1), c.EmailConsent
	}
	return c, home
}

func customerID(i int) string { return fmt.Sprintf("c%06d", i+1) }
