package shop

import (
	"slices"
	"strings"
	"time"
)

// How many customers have told what of themselves.
const (
	sexTold        = 0.6
	sexOther       = 0.01 // of those
	birthdayTold   = 0.6
	occupationTold = 0.1
	interestsTold  = 0.15
	sourceTold     = 0.3
)

// What they may have told; the weights are in percent. All are only read.
var (
	occupations   = []string{"office", "care and health", "trade and crafts", "education", "sales", "engineering", "at home", "self-employed"}
	hobbies       = []string{"books", "cooking", "crafts", "gardening", "music", "pets", "sports", "travel"}
	sources       = []string{"search", "friend", "social", "advertising", "marketplace"}
	sourceWeights = []int{35, 25, 20, 12, 8}
)

// profile draws what customer i has told of themselves: nothing that they do
// depends on it. Their first name says more than chance about their sex.
func (s *Shop) profile(i int, c *Customer) {
	r := s.stream(i, streamProfile)
	sex, other := r.Float64(), r.Float64()
	switch {
	case sex >= sexTold:
		c.Sex = ""
	case other < sexOther:
		c.Sex = "other"
	}
	// 18 to 78, the middle most.
	age := 18 + 30*(r.Float64()+r.Float64())
	told := r.Float64()
	if told < birthdayTold {
		c.Birthday = s.config.Start.Add(-time.Duration(age * 365.25 * float64(day))).Truncate(day)
	}
	told, occupation := r.Float64(), occupations[r.IntN(len(occupations))]
	switch {
	case told >= occupationTold:
	case age < 23:
		c.Occupation = "student"
	case age > 66:
		c.Occupation = "retired"
	default:
		c.Occupation = occupation
	}
	told, first, more := r.Float64(), r.IntN(len(hobbies)), r.IntN(3)
	if told < interestsTold {
		interests := []string{hobbies[first]}
		for n := range more {
			interests = append(interests, hobbies[(first+1+2*n)%len(hobbies)])
		}
		slices.Sort(interests)
		c.Interests = strings.Join(interests, ";")
	}
	told, from := r.Float64(), sources[weighted(r, sourceWeights, 100)]
	if told < sourceTold {
		c.Source = from
	}
}
