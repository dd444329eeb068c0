package engine

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fakeS3 is the part of S3 that a store uses, with one bucket.
type fakeS3 struct {
	mutex   sync.Mutex
	bucket  string // "" for none
	objects map[string]string
}

func (s *fakeS3) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if bucket != s.bucket {
		refuse(w, "NoSuchBucket")
		return
	}
	content, exists := s.objects[key]
	switch {
	case r.Method == http.MethodGet && key == "":
		s.list(w, r.URL.Query().Get("prefix"), r.URL.Query().Get("delimiter"))
	case r.Method == http.MethodPut && r.Header.Get("X-Amz-Copy-Source") != "":
		_, from, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("X-Amz-Copy-Source"), "/"), "/")
		s.objects[key] = s.objects[strings.ReplaceAll(from, "%2F", "/")]
		fmt.Fprint(w, "<CopyObjectResult/>")
	case r.Method == http.MethodPut:
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("Content-Encoding") != "" {
			http.Error(w, "not a plain body", http.StatusBadRequest)
			return
		}
		s.objects[key] = string(body)
	case r.Method == http.MethodDelete:
		delete(s.objects, key)
		w.WriteHeader(http.StatusNoContent)
	case !exists:
		refuse(w, "NoSuchKey")
	default:
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
		if r.Method == http.MethodGet {
			fmt.Fprint(w, content)
		}
	}
}

func refuse(w http.ResponseWriter, code string) {
	w.WriteHeader(http.StatusNotFound)
	fmt.Fprintf(w, "<Error><Code>%s</Code></Error>", code)
}

func (s *fakeS3) list(w http.ResponseWriter, prefix, delimiter string) {
	type entry struct {
		Key, LastModified string
		Size              int
	}
	type common struct{ Prefix string }
	var result struct {
		XMLName        xml.Name `xml:"ListBucketResult"`
		Contents       []entry
		CommonPrefixes []common
	}
	for _, key := range slices.Sorted(maps.Keys(s.objects)) {
		rest, within := strings.CutPrefix(key, prefix)
		directory, _, deeper := strings.Cut(rest, delimiter)
		switch {
		case !within:
		case deeper:
			result.CommonPrefixes = append(result.CommonPrefixes, common{prefix + directory + delimiter})
		default:
			result.Contents = append(result.Contents, entry{key, time.Now().UTC().Format(time.RFC3339), len(s.objects[key])})
		}
	}
	result.CommonPrefixes = slices.Compact(result.CommonPrefixes)
	if err := xml.NewEncoder(w).Encode(result); err != nil {
		panic(err)
	}
}

// TestS3 keeps state in S3, below a prefix, with the driver of real runs.
func TestS3(t *testing.T) {
	ctx, cloud := context.Background(), &fakeS3{bucket: "state", objects: map[string]string{}}
	server := httptest.NewServer(cloud)
	defer server.Close()
	w := newWorld(t)
	on := func(bucket string) *Stack {
		b := NewBackend(BackendOptions{
			URL:             "s3://" + bucket + "/below?region=us-east-2&anonymous=true&s3ForcePathStyle=true&endpoint=" + server.URL,
			SecretsProvider: KeyFileScheme + "://default", KeyFile: w.directory + "/key",
		})
		t.Cleanup(func() { require.NoError(t, b.Close()) })
		return b.Stack("project", "target")
	}
	exists, err := on("absent").Exists(ctx)
	require.NoError(t, err, "a bucket that bootstrap has not made yet has no state")
	assert.False(t, exists)
	exists, err = on("state").Exists(ctx)
	require.NoError(t, err)
	assert.False(t, exists)

	require.NoError(t, w.applyTo(on("state"), chain(3, 10)))
	assert.Equal(t, "version: 1\n", cloud.objects["below/.pulumi/meta.yaml"])
	for key := range cloud.objects {
		assert.NotContains(t, key, ".journal/")
		assert.NotContains(t, key, "/locks/")
	}
	holder := on("state")
	require.NoError(t, holder.Lock(ctx))
	var locked *LockedError
	require.ErrorAs(t, on("state").Lock(ctx), &locked)
	require.Len(t, locked.Locks, 1)
	require.NoError(t, holder.Unlock(ctx))
	require.NoError(t, w.applyTo(on("state"), chain(4, 10)))
	plan, err := on("state").Preview(ctx, w.operation(chain(4, 10)))
	require.NoError(t, err)
	assert.Empty(t, plan.Changes)
	assert.Contains(t, cloud.objects, "below/"+stateKey+".bak")

	server.Close()
	_, err = on("state").Exists(ctx)
	require.ErrorContains(t, err, "look for Pulumi state in s3://state/below")
}
