package shop

import (
	"math"
	"strconv"
	"time"
)

// Customer is one account as the shop knows it.
type Customer struct {
	ID           string // c000001, c000002, ...
	Email        string // ID@demo.invalid, that of someone they live with, or not written as it should be
	Phone        string // +999 and eight digits, or as Email; empty for three in ten
	FirstName    string
	LastName     string
	Locale       string // en-GB, en-US or zh-CN
	Region       string // ISO 3166-2
	Zone         string // IANA name
	FirstSeenAt  time.Time
	EmailConsent bool // given, or refused
	SMSConsent   bool // as EmailConsent, where there is a phone
	ConsentAt    time.Time

	// What they have told of themselves; empty and zero is nothing.
	Sex        string    // female, male or other
	Birthday   time.Time // midnight UTC
	Occupation string
	Interests  string // sorted, divided by semicolons
	Source     string // how they came to the shop
}

// place is where customers live and how they are called there.
type place struct {
	weight  int
	locale  string
	zone    string
	hours   dayCurve
	regions [5]string
	first   [20]string
	sexes   string // of the first names, f and m
	last    [16]string
}

// places are only read.
var places = []place{
	{
		weight: 45, locale: "en-GB", zone: "Europe/London", hours: newDayCurve(0),
		regions: [...]string{"GB-ENG", "GB-ENG", "GB-ENG", "GB-SCT", "GB-WLS"},
		first: [...]string{"Amelia", "Arthur", "Beth", "Callum", "Daisy", "Edward", "Freya", "George", "Hannah", "Imran",
			"Isla", "Jack", "Lily", "Mohammed", "Nia", "Oliver", "Poppy", "Rhys", "Sophie", "Zara"},
		sexes: "fmfmfmfmfmfmfmfmfmff",
		last: [...]string{"Ahmed", "Baker", "Campbell", "Davies", "Evans", "Fraser", "Green", "Hughes", "Khan", "Lewis",
			"Morgan", "Patel", "Reid", "Shaw", "Taylor", "Walker"},
	},
	{
		weight: 35, locale: "zh-CN", zone: "Asia/Shanghai", hours: newDayCurve(8),
		regions: [...]string{"CN-SH", "CN-ZJ", "CN-JS", "CN-BJ", "CN-GD"},
		first: [...]string{"伟", "芳", "娜", "敏", "静", "磊", "洋", "艳", "勇", "杰",
			"子涵", "雨桐", "浩然", "欣怡", "梓萱", "宇轩", "思远", "佳怡", "明哲", "若曦"},
		sexes: "mffffmmfmmffmffmmfmf",
		last:  [...]string{"王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "林"},
	},
	{
		weight: 20, locale: "en-US", zone: "America/New_York", hours: newDayCurve(-5),
		regions: [...]string{"US-NY", "US-NJ", "US-MA", "US-PA", "US-FL"},
		first: [...]string{"Aiden", "Ava", "Carlos", "Chloe", "Diego", "Emily", "Ethan", "Grace", "Jada", "Jayden",
			"Liam", "Madison", "Mason", "Mia", "Noah", "Olivia", "Sofia", "Tyler", "Victoria", "Wyatt"},
		sexes: "mfmfmfmffmmfmfmffmfm",
		last: [...]string{"Anderson", "Brown", "Clark", "Diaz", "Garcia", "Harris", "Jackson", "Johnson", "Kim", "Lopez",
			"Miller", "Nguyen", "Rivera", "Smith", "Thompson", "Williams"},
	},
}

// identity draws who customer i is, with the addresses they mean to give, and
// where they live: with an earlier customer it is there, and so on.
func (s *Shop) identity(i int) (Customer, *place) {
	r := s.stream(i, streamWho)
	var home *place
	for n, p := r.IntN(100), 0; ; p++ {
		home = &places[p]
		if n < home.weight {
			break
		}
		n -= home.weight
	}
	first, last, region := r.IntN(len(home.first)), r.IntN(len(home.last)), r.IntN(len(home.regions))
	id := customerID(s.number(i))
	c := Customer{ID: id, Email: id + "@demo.invalid", LastName: home.last[last], Region: home.regions[region]}
	if i%10 < 7 {
		c.Phone = "+999" + digits(s.number(i)+1, 8)
	}
	if m, r := s.config.Model, s.stream(i, streamHome); i > 0 && r.Float64() < m.Household {
		with, where := s.identity(r.IntN(i))
		home, c.LastName, c.Region = where, with.LastName, with.Region
		if r.Float64() < m.Shared {
			if with.Phone != "" && r.Float64() < 0.5 {
				c.Phone = with.Phone
			} else {
				c.Email = with.Email
			}
		}
	}
	c.FirstName, c.Locale, c.Zone, c.Sex = home.first[first], home.locale, home.zone, "male"
	if home.sexes[first] == 'f' {
		c.Sex = "female"
	}
	return c, home
}

// reach draws consent, and writes the addresses as they are found in a shop's
// tables.
func (s *Shop) reach(i int, rate float64, c *Customer) {
	m, r := s.config.Model, s.stream(i, streamReach)
	tilt := 0.0
	if m.Tilt > 0 {
		tilt = m.Tilt * math.Log(max(rate, 1e-12)*m.Scale/m.Shape)
	}
	c.EmailConsent = r.Float64() < tilted(m.Consent, tilt)
	if r.Float64() < tilted(m.DirtyEmail, -tilt) {
		c.Email = dirtyEmail(c.Email, r.IntN(dirtyEmails))
	}
	if r.Float64() < tilted(m.DirtyPhone, -tilt) && c.Phone != "" {
		c.Phone = dirtyPhone(c.Phone, r.IntN(dirtyPhones))
	}
	c.SMSConsent = c.EmailConsent && c.Phone != ""
}

// tilted is the share whose logit is by so much higher.
func tilted(share, by float64) float64 {
	if by == 0 || share <= 0 || share >= 1 {
		return share
	}
	return 1 / (1 + (1-share)/share*math.Exp(-by))
}

// number is that of customer i, from 0.
func (s *Shop) number(i int) int { return s.config.First + i }

func customerID(number int) string { return "c" + digits(number+1, 6) }

// index is the inverse of customerID; false for anybody else's.
func (s *Shop) index(id string) (int, bool) {
	if len(id) < 2 {
		return 0, false
	}
	n, err := strconv.Atoi(id[1:])
	i := n - 1 - s.config.First
	if err != nil || i < 0 || i >= s.config.Customers || customerID(n-1) != id {
		return 0, false
	}
	return i, true
}

// digits is n with at least so many digits.
func digits(n, width int) string {
	return string(appendDigits(make([]byte, 0, 12), n, width))
}

func appendDigits(b []byte, n, width int) []byte {
	for ten := 10; width > 1; width, ten = width-1, ten*10 {
		if n < ten {
			for range width - 1 {
				b = append(b, '0')
			}
			break
		}
	}
	return strconv.AppendInt(b, int64(n), 10)
}
