package message

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash"
	"strings"
	"sync"
)

// Purpose says what a signed link may do. A token signed for one purpose is
// worthless for another.
type Purpose string

// Unsubscribe is the link that ends the e-mails to the delivery's customer.
const Unsubscribe Purpose = "unsubscribe"

// TestDelivery is signed into the links of test messages: no delivery has the
// number, so that they act on nothing.
const TestDelivery = 0

// Keys sign and verify links. The first secret signs; all verify, so that a
// secret is rotated by putting the new one in front and leaving the old one
// behind it for as long as its links must work (a year and more).
type Keys struct{ live []key }

type key struct {
	id     [keyIDSize]byte
	secret []byte
	unsubs *sync.Pool // of MACs for the one purpose that every message needs
}

// A token is keyID | delivery id, big endian | HMAC-SHA256 cut to 128 bits, in
// base64url without padding.
const (
	keyIDSize = 4
	idSize    = 8
	macSize   = 16
	tokenSize = keyIDSize + idSize + macSize
	minSecret = 16
)

// ErrToken is the one error of Verify: it does not tell what was wrong.
var ErrToken = errors.New("the link is not one of ours")

// NewKeys takes one or more secrets of at least 16 bytes each, the signing one
// first. A secret's id is derived from it, so there is nothing to number.
func NewKeys(secrets ...[]byte) (Keys, error) {
	if len(secrets) == 0 {
		return Keys{}, errors.New("link keys: no secret")
	}
	var k Keys
	for _, s := range secrets {
		if len(s) < minSecret {
			return Keys{}, errors.New("link keys: a secret is shorter than 16 bytes")
		}
		id, err := hkdf.Key(sha256.New, s, nil, "rewave link key id", keyIDSize)
		if err != nil {
			return Keys{}, err
		}
		live := key{id: [keyIDSize]byte(id), secret: append([]byte(nil), s...)}
		live.unsubs = &sync.Pool{New: func() any { return hmac.New(sha256.New, live.of(Unsubscribe)) }}
		k.live = append(k.live, live)
	}
	return k, nil
}

// Sign returns the token for a delivery: 38 characters of [A-Za-z0-9_-], the
// same for the same arguments. Keys must come from NewKeys.
func Sign(keys Keys, purpose Purpose, deliveryID int64) string {
	k := keys.live[0]
	var raw [tokenSize]byte
	copy(raw[:], k.id[:])
	binary.BigEndian.PutUint64(raw[keyIDSize:], uint64(deliveryID))
	copy(raw[keyIDSize+idSize:], k.mac(purpose, raw[:keyIDSize+idSize]))
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// Verify returns the delivery of a token signed for this purpose with any live
// secret, else ErrToken. Tokens do not expire. The comparison takes the same
// time wherever a forged token is wrong.
func Verify(keys Keys, purpose Purpose, token string) (int64, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	// The decoder skips line ends; a token has none.
	if err != nil || len(raw) != tokenSize || strings.ContainsAny(token, "\r\n") {
		return 0, ErrToken
	}
	for _, k := range keys.live {
		if [keyIDSize]byte(raw) != k.id {
			continue
		}
		if hmac.Equal(raw[keyIDSize+idSize:], k.mac(purpose, raw[:keyIDSize+idSize])) {
			return int64(binary.BigEndian.Uint64(raw[keyIDSize:])), nil
		}
	}
	return 0, ErrToken
}

// of is a key of the purpose's own (RFC 5869), so that no purpose can ever be
// made to sign for another.
func (k key) of(purpose Purpose) []byte {
	own, err := hkdf.Key(sha256.New, k.secret, nil, "rewave link "+string(purpose), sha256.Size)
	if err != nil {
		panic(err) // only for a length no hash can give
	}
	return own
}

func (k key) mac(purpose Purpose, data []byte) []byte {
	if purpose != Unsubscribe {
		m := hmac.New(sha256.New, k.of(purpose))
		m.Write(data)
		return m.Sum(nil)[:macSize]
	}
	m := k.unsubs.Get().(hash.Hash)
	defer k.unsubs.Put(m)
	m.Reset()
	m.Write(data)
	return m.Sum(nil)[:macSize]
}

// UnsubscribeHeaders are the headers of one-click unsubscription (RFC 2369, RFC
// 8058): mail programs show a button that posts to url. mailto may be empty.
// RFC 8058 asks for an https url; with another, programs ignore the headers.
func UnsubscribeHeaders(url, mailto string) map[string]string {
	list := "<" + url + ">"
	if mailto != "" {
		list += ", <mailto:" + mailto + ">"
	}
	return map[string]string{
		"List-Unsubscribe":      list,
		"List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
	}
}
