package receiver

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"
)

type vector struct {
	Name, Scheme, Key, Body, Expected string
	Secrets                           []string
	Headers                           map[string]string
	NowSeconds                        int64
}

// Checks verify.go against ../vectors.json.
func TestVectors(t *testing.T) {
	text, err := os.ReadFile("../vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Vectors []vector }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	checked, wrong := 0, []string{}
	for _, one := range file.Vectors {
		if one.Key != "hmac" {
			continue
		}
		checked++
		if isAccepted(one) != (one.Expected == "valid") {
			wrong = append(wrong, one.Name)
			t.Errorf("%s: wants %s", one.Name, one.Expected)
		}
	}
	fmt.Printf("%d vectors, wrong: %q\n", checked, wrong)
}

func isAccepted(one vector) bool {
	header := http.Header{}
	for name, value := range one.Headers {
		header.Set(name, value)
	}
	now, body := time.Unix(one.NowSeconds, 0), []byte(one.Body)
	if one.Scheme == "timestamped" {
		return VerifyTimestamped(one.Secrets, header, body, now) == nil
	}
	_, err := VerifyStandard(one.Secrets, header, body, now)
	return err == nil
}
