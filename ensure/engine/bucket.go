package engine

import (
	"context"
	"errors"
	"io"
	"net/url"
	"strings"
	"time"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/azureblob" // azblob://
	_ "gocloud.dev/blob/s3blob"    // s3://
	"gocloud.dev/gcerrors"
)

// bucket is a store of a cloud.
type bucket struct{ blobs *blob.Bucket }

// openBucket opens a bucket; what comes after its name is a prefix of all keys, as
// Pulumi has it (newDIYBackend in pulumi's pkg/backend/diy/backend.go). The parameters
// are those of the blob library.
func openBucket(ctx context.Context, u *url.URL) (*bucket, error) {
	blobs, err := blob.OpenBucket(ctx, u.String())
	if err != nil {
		return nil, err
	}
	if prefix := strings.Trim(u.Path, "/"); prefix != "" {
		blobs = blob.PrefixedBucket(blobs, prefix+"/")
	}
	return &bucket{blobs: blobs}, nil
}

func (b *bucket) exists(ctx context.Context, key string) (bool, error) {
	exists, err := b.blobs.Exists(ctx, key)
	if gcerrors.Code(err) == gcerrors.NotFound { // the bucket itself does not exist
		return false, nil
	}
	return exists, err
}

func (b *bucket) read(ctx context.Context, key string) (content []byte, exists bool, err error) {
	content, err = b.blobs.ReadAll(ctx, key)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, false, nil
	}
	return content, err == nil, err
}

func (b *bucket) write(ctx context.Context, key string, content []byte) error {
	var err error
	for _, pause := range append(writeRetries, 0) {
		if err = b.upload(ctx, key, content); err == nil || pause == 0 {
			break
		}
		time.Sleep(pause)
	}
	return err
}

// writeRetries are the pauses between attempts to write to a remote store: what was
// just made in the cloud is lost to Pulumi if its state is not written. A local disk
// that refuses once is not asked again.
var writeRetries = []time.Duration{100 * time.Millisecond, time.Second, 3 * time.Second}

func (b *bucket) upload(ctx context.Context, key string, content []byte) error {
	ctx, abort := context.WithCancel(ctx)
	defer abort()
	writer, err := b.blobs.NewWriter(ctx, key, nil)
	if err != nil {
		return err
	}
	if _, err := writer.Write(content); err != nil {
		abort() // closing would commit what was written so far; now it can only say that it did not
		_ = writer.Close()
		return err
	}
	return writer.Close()
}

func (b *bucket) copy(ctx context.Context, to, from string) error {
	return b.blobs.Copy(ctx, to, from, nil)
}

func (b *bucket) remove(ctx context.Context, key string) error {
	err := b.blobs.Delete(ctx, key)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil
	}
	return err
}

func (b *bucket) list(ctx context.Context, directory string) ([]object, error) {
	var found []object
	err := b.each(ctx, directory, func(next *blob.ListObject) {
		if !next.IsDir {
			found = append(found, object{key: next.Key, modified: next.ModTime})
		}
	})
	return found, err
}

func (b *bucket) directories(ctx context.Context, directory string) ([]string, error) {
	var found []string
	err := b.each(ctx, directory, func(next *blob.ListObject) {
		if next.IsDir {
			found = append(found, strings.TrimSuffix(next.Key, "/"))
		}
	})
	return found, err
}

// each calls a function for all that is directly in a directory.
func (b *bucket) each(ctx context.Context, directory string, do func(*blob.ListObject)) error {
	listing := b.blobs.List(&blob.ListOptions{Prefix: directory + "/", Delimiter: "/"})
	for {
		next, err := listing.Next(ctx)
		if errors.Is(err, io.EOF) || gcerrors.Code(err) == gcerrors.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		do(next)
	}
}

func (b *bucket) holds(ctx context.Context, directory string) (bool, error) {
	_, err := b.blobs.List(&blob.ListOptions{Prefix: directory + "/"}).Next(ctx)
	if errors.Is(err, io.EOF) || gcerrors.Code(err) == gcerrors.NotFound {
		return false, nil
	}
	return err == nil, err
}

func (b *bucket) close() error { return b.blobs.Close() }
