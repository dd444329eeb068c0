package engine

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"time"
)

// store keeps objects by key. What there is and how it is called is Pulumi's: see
// layout.go. That a bucket does not exist is the same as that nothing is in it, until
// something is written.
type store interface {
	exists(ctx context.Context, key string) (bool, error)
	// read returns an object's content; exists is false when there is none.
	read(ctx context.Context, key string) (content []byte, exists bool, err error)
	// write replaces an object, whole or not at all: a disk that runs full half-way
	// leaves the object as it was.
	write(ctx context.Context, key string, content []byte) error
	copy(ctx context.Context, to, from string) error
	// remove deletes an object that may not be there.
	remove(ctx context.Context, key string) error
	// list returns what is directly in a directory, by key.
	list(ctx context.Context, directory string) ([]object, error)
	// directories returns what directories there are directly in a directory, by key.
	directories(ctx context.Context, directory string) ([]string, error)
	// holds tells whether there is any object below a directory.
	holds(ctx context.Context, directory string) (bool, error)
	close() error
}

// object is what a listing says of an object.
type object struct {
	key      string
	modified time.Time
}

// openStore connects to the store at a URL. It makes nothing.
func openStore(ctx context.Context, address string) (store, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "file" {
		return openBucket(ctx, u)
	}
	if u.Host != "" {
		return nil, fmt.Errorf("the path is not absolute: write file:///%s%s", u.Host, u.Path)
	}
	return &directory{path: filepath.FromSlash(u.Path)}, nil
}
