// Package receiver verifies webhooks of Tidegate. Standard library only.
package receiver

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const tolerance = 300 * time.Second

// ErrRefused: the request is not from the holder of the secret, or not recent. Answer 401.
var ErrRefused = errors.New("webhook refused")

var (
	idPattern   = regexp.MustCompile(`^[!-\-/-~]{1,256}$`)
	timePattern = regexp.MustCompile(`^(0|[1-9][0-9]{0,11})$`)
)

// VerifyStandard checks webhook-signature over the raw body and returns the id of the event.
func VerifyStandard(secrets []string, header http.Header, body []byte, now time.Time) (string, error) {
	id, sentAt := header.Get("webhook-id"), header.Get("webhook-timestamp")
	if !idPattern.MatchString(id) || !isRecent(sentAt, now) {
		return "", ErrRefused
	}
	var expected []string
	for _, secret := range secrets {
		text, hasPrefix := strings.CutPrefix(secret, "whsec_")
		key, err := base64.StdEncoding.Strict().DecodeString(text)
		if !hasPrefix || err != nil || len(key) < 24 || len(key) > 64 {
			return "", ErrRefused
		}
		sum := sign(key, id+"."+sentAt+".", body)
		expected = append(expected, "v1,"+base64.StdEncoding.EncodeToString(sum))
	}
	if !isAnyRight(expected, strings.Split(header.Get("webhook-signature"), " ")) {
		return "", ErrRefused
	}
	return id, nil
}

// VerifyTimestamped checks a header t=…,v1=… over the raw body. The id of the event is in the body.
func VerifyTimestamped(secrets []string, header http.Header, body []byte, now time.Time) error {
	items := strings.Split(header.Get("X-Tidegate-Signature"), ",")
	var times, expected []string
	for _, item := range items {
		if value, isTime := strings.CutPrefix(item, "t="); isTime {
			times = append(times, value)
		}
	}
	if len(times) != 1 || !isRecent(times[0], now) {
		return ErrRefused
	}
	for _, secret := range secrets {
		if len(secret) < 16 {
			return ErrRefused
		}
		sum := sign([]byte(secret), times[0]+".", body)
		expected = append(expected, "v1="+hex.EncodeToString(sum))
	}
	if !isAnyRight(expected, items) {
		return ErrRefused
	}
	return nil
}

func isRecent(text string, now time.Time) bool {
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || !timePattern.MatchString(text) {
		return false
	}
	return now.Sub(time.Unix(seconds, 0)).Abs() <= tolerance
}

func sign(key []byte, prefix string, body []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(prefix))
	mac.Write(body)
	return mac.Sum(nil)
}

func isAnyRight(expected, given []string) bool {
	isRight := false
	for _, one := range expected {
		for _, other := range given[:min(len(given), 17)] {
			isRight = hmac.Equal([]byte(one), []byte(other)) || isRight
		}
	}
	return isRight
}
