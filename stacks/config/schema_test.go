package config

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// initialisms are how Go names spell the words of keys.
var initialisms = map[string]string{
	"ami": "AMI", "arn": "ARN", "arns": "ARNs", "aws": "AWS", "az": "AZ", "cidr": "CIDR", "cpu": "CPU", "crds": "CRDs",
	"csi": "CSI", "db": "DB", "dbs": "DBs", "dns": "DNS", "ebs": "EBS", "ecr": "ECR", "efs": "EFS", "eks": "EKS",
	"fsx": "FSx", "gib": "GiB", "gpu": "GPU", "ia": "IA", "id": "ID", "ids": "IDs", "ip": "IP", "lbc": "LBC", "mp": "MP",
	"oidc": "OIDC", "openzfs": "OpenZFS", "ppm": "PPM", "ptd": "PTD", "tls": "TLS", "urls": "URLs", "vm": "VM",
}

// goName is the field that a key is expected to be.
func goName(key string) string {
	var words []string
	for _, word := range strings.FieldsFunc(key, func(r rune) bool { return r == '_' || r == '-' }) {
		for len(word) > 0 { // camelCase keys have words of their own
			end := 1 + strings.IndexFunc(word[1:], func(r rune) bool { return r >= 'A' && r <= 'Z' })
			if end == 0 {
				end = len(word)
			}
			words = append(words, strings.ToLower(word[:end]))
			word = word[end:]
		}
	}
	name := ""
	for _, word := range words {
		if spelled, ok := initialisms[word]; ok {
			name += spelled
		} else {
			name += strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return name
}

// structsOf are all struct types that a type leads to.
func structsOf(t reflect.Type, into map[reflect.Type]bool) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		structsOf(t.Elem(), into)
	case reflect.Struct:
		if into[t] || t == nodeType.Elem() {
			return
		}
		into[t] = true
		fields, _ := fieldsOf(t)
		for _, f := range fields {
			structsOf(f.typ, into)
		}
	}
}

var documents = []any{AWSWorkload{}, AzureWorkload{}, AWSControlRoom{}, Manifest{}, siteEnvelope{}, envelope{}}

func TestSchemaIsConsistent(t *testing.T) {
	t.Parallel()
	types := map[reflect.Type]bool{}
	for _, document := range documents {
		structsOf(reflect.TypeOf(document), types)
	}
	exceptions := map[string]string{
		"true_name": "TrueNameOverride", "environment": "EnvironmentOverride", "nvidia.com/gpu": "NvidiaGPU", "apiVersion": "APIVersion",
	}
	for typ := range types {
		fields, _ := fieldsOf(typ)
		keys := keysOf(fields)
		for i, f := range fields {
			at := typ.Name() + "." + f.key
			name := typ.FieldByIndex(f.index).Name
			if exception, ok := exceptions[f.key]; ok {
				assert.Equal(t, exception, name, at)
			} else {
				assert.Equal(t, goName(f.key), name, at)
			}
			assert.NotContains(t, keys[:i], f.key, at)
			for _, tag := range []string{"check", "keycheck"} {
				if c := f.tag.Get(tag); c != "" && c != "tags" {
					assert.Contains(t, checks(), c, at)
				}
			}
			checkDefault(t, f, keys, at)
		}
	}
}

// checkDefault holds a default to what its field accepts.
func checkDefault(t *testing.T, f field, keys []string, at string) {
	fallback, ok := f.tag.Lookup("default")
	if !ok {
		assert.NotEqual(t, reflect.Bool, f.typ.Kind(), "%s: a boolean has a default", at)
		assert.True(t, f.typ.Kind() != reflect.Int || f.tag.Get("required") != "", "%s: an integer has a default or is required", at)
		return
	}
	assert.NotEqual(t, "true", f.tag.Get("required"), "%s: a required value has no default", at)
	if sibling, ok := strings.CutPrefix(fallback, "="); ok {
		assert.Contains(t, keys, sibling, at)
		return
	}
	switch f.typ.Kind() {
	case reflect.Bool:
		_, err := strconv.ParseBool(fallback)
		assert.NoError(t, err, at)
	case reflect.Int:
		n, err := strconv.Atoi(fallback)
		assert.NoError(t, err, at)
		if low := f.tag.Get("min"); low != "" && n != 0 {
			least, err := strconv.Atoi(low)
			assert.NoError(t, err, at)
			assert.GreaterOrEqual(t, n, least, at)
		}
		if high := f.tag.Get("max"); high != "" {
			most, err := strconv.Atoi(high)
			assert.NoError(t, err, at)
			assert.LessOrEqual(t, n, most, at)
		}
	case reflect.String, reflect.Slice:
		if fallback == "" {
			return
		}
		for _, text := range strings.Split(fallback, ",") {
			if enum := f.tag.Get("enum"); enum != "" {
				value, ok := enumValue(enum, text, false)
				assert.True(t, ok && value == text, at)
			}
			if c := f.tag.Get("check"); c != "" {
				problem, _ := checks()[c](text)
				assert.Empty(t, problem, at)
			}
			assert.Equal(t, text, normalize(f.tag.Get("norm"), text), at)
		}
	}
}

// samples are texts that the checks accept and that no default has.
var samples = map[string]string{
	"db-parameter": "work_mem", "flow-log-target": "arn:aws:s3:::flow-logs",
	"access-policy": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy", "any-vpc-cidr": "10.7.0.0/24", "chart-version": "6.7.8",
	"label-key": "example.com/team", "label-value": "one", "principal-arn": "arn:aws:iam::001122334455:role/team/reader",
	"account-id": "001122334455", "addon-version": "v1.2.3-eksbuild.4", "ami-alias": "al2023@v20250403", "ami-release": "1.33.4-20250920", "ami-id": "ami-0123456789abcdef0", "ami-type": "BOTTLEROCKET_x86_64", "access-point-id": "fsap-01",
	"any-vpc-id": "vpc-1a2b3c4d", "arn": "arn:aws:s3:::logs", "aws-region": "eu-west-1", "azure-region": "westeurope",
	"certificate-arn": "arn:aws:acm:eu-west-1:001122334455:certificate/1", "cidr": "10.7.0.0/24", "control-room-name": "main01-production",
	"db-engine-version": "17.2", "db-instance-class": "db.m6g.large", "db-name": "extra-db", "domain": "sample.example.com", "dotted": "1.2.3",
	"eks-version": "1.35", "email": "ada@example.com", "extension": "pg_trgm", "file-system-id": "fs-01", "folder": "classes", "hh:mm": "23:59",
	"https-url": "https://oidc.example.com/id/A", "instance-id": "i-0123456789abcdef0", "instance-type": "m7g.large", "ip": "10.0.0.53",
	"ip-or-cidr": "198.51.100.0/24", "karpenter-duration": "72h", "kubernetes-version": "1.33.2", "label": "pool", "name": "other",
	"node-group": "gpu", "node-taint": "a=b:NoExecute", "pool-name": "general", "quantity": "64Gi", "v-version": "v1.29.0", "volume-size": "200Gi", "release": "20250401",
	"role-arn": "arn:aws:iam::001122334455:role/x", "secret-arn": "arn:aws:secretsmanager:us-east-2:111122223333:secret:git-??????", "security-group-id": "sg-0123456789abcdef0", "site": "main", "step-name": "extra",
	"uuid": "01234567-89ab-cdef-0123-456789abcdef", "vm-size": "Standard_D4s_v5", "vpc-cidr": "10.8.0.0/18",
	"vpc-id": "vpc-0123456789abcdef0", "weight": "42", "zone-id": "Z0123456789",
}

// fullValue is a value for a field that is not its default: as a document has it, and as
// it is decoded into v.
func fullValue(t *testing.T, v reflect.Value, tag reflect.StructTag, key string) any {
	fallback := tag.Get("default")
	switch v.Kind() {
	case reflect.String:
		text := "sample-" + strings.ToLower(key)
		if enum := tag.Get("enum"); enum != "" {
			choices := slices.DeleteFunc(enumChoices(enum), func(c string) bool { return c == fallback })
			text = choices[len(choices)-1]
		} else if c := tag.Get("check"); c != "" && c != "tags" {
			text = samples[c]
			require.NotEmpty(t, text, "a sample for check %s", c)
		}
		v.SetString(text)
		return text
	case reflect.Bool:
		v.SetBool(fallback != "true")
		return v.Bool()
	case reflect.Int:
		n, _ := strconv.Atoi(fallback)
		low, _ := strconv.Atoi(tag.Get("min"))
		n = max(n+1, low)
		if high := tag.Get("max"); high != "" {
			most, _ := strconv.Atoi(high)
			if n > most {
				n = max(low, most-1)
			}
		}
		v.SetInt(int64(n))
		return n
	case reflect.Struct:
		return fullStruct(t, v)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return fullStruct(t, v.Elem())
	case reflect.Slice:
		element := reflect.New(v.Type().Elem()).Elem()
		item := fullValue(t, element, tag, key)
		v.Set(reflect.Append(v, element))
		return []any{item}
	case reflect.Map:
		name := "Name"
		if c := tag.Get("keycheck"); c != "" {
			name = samples[c]
		}
		element := reflect.New(v.Type().Elem()).Elem()
		item := fullValue(t, element, tag, key)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf(name), element)
		if nested := tag.Get("nested"); nested != "" {
			item = map[string]any{nested: item}
		}
		return map[string]any{name: item}
	default:
		value := map[string]any{"any": []any{1, "x", true, 1.5, nil}}
		v.Set(reflect.ValueOf(value))
		return value
	}
}

func fullStruct(t *testing.T, v reflect.Value) map[string]any {
	document := map[string]any{}
	fields, _ := fieldsOf(v.Type())
	for _, f := range fields {
		document[f.key] = fullValue(t, v.FieldByIndex(f.index), f.tag, f.key)
	}
	if given := v.FieldByName("Given"); given.IsValid() {
		keys := GivenKeys{}
		for key := range document {
			keys[key] = true
		}
		given.Set(reflect.ValueOf(keys))
	}
	return document
}

// A document that sets every key of a kind, each to something other than its default,
// comes back as the struct with every field set.
func TestEveryFieldIsSettable(t *testing.T) {
	t.Parallel()
	for _, document := range []any{&AWSWorkload{}, &AzureWorkload{}, &AWSControlRoom{}, &Manifest{}, &siteEnvelope{}} {
		typ := reflect.TypeOf(document).Elem()
		t.Run(typ.Name(), func(t *testing.T) {
			t.Parallel()
			want := reflect.New(typ)
			text, err := json.MarshalIndent(fullStruct(t, want.Elem()), "", "  ")
			require.NoError(t, err)
			got := reflect.New(typ)
			d, root := newDecoder("full.yaml", text)
			d.structure(root, got.Elem(), "", position{1, 1})
			require.Empty(t, d.problems.Error())
			assert.Equal(t, want.Interface(), got.Interface())
		})
	}
}

// defaultsOf lists a struct's keys with the value that each has when nothing is given.
func defaultsOf(v reflect.Value, path string, lines *[]string) {
	fields, _ := fieldsOf(v.Type())
	for _, f := range fields {
		at, value := join(path, f.key), v.FieldByIndex(f.index)
		element := f.typ
		switch f.typ.Kind() {
		case reflect.Struct:
			defaultsOf(value, at, lines)
			continue
		case reflect.Pointer, reflect.Map, reflect.Slice:
			element = f.typ.Elem()
		}
		shown := fmt.Sprintf("%#v", value.Interface())
		switch {
		case strings.HasPrefix(f.tag.Get("default"), "="):
			shown = f.tag.Get("default")
		case f.tag.Get("required") == "true" || f.tag.Get("required") == "present":
			shown = "required"
		case value.Kind() == reflect.String:
			shown = strconv.Quote(value.String())
		case value.Kind() == reflect.Slice && value.Len() > 0:
			shown = fmt.Sprint(value.Interface())
		case element != f.typ:
			shown = "none"
		}
		if f.tag.Get("noeffect") != "" {
			shown += " (no effect)"
		}
		*lines = append(*lines, at+" = "+shown)
		if element.Kind() == reflect.Struct && element != f.typ {
			below := reflect.New(element).Elem()
			setDefaults(below)
			if nested := f.tag.Get("nested"); nested != "" {
				at += ".*." + nested
			} else if f.typ.Kind() == reflect.Map {
				at += ".*"
			} else if f.typ.Kind() == reflect.Slice {
				at += "[]"
			}
			defaultsOf(below, at, lines)
		}
	}
}

// The golden files are the tables of the fact sheet: a change of a default is seen here.
func TestDefaults(t *testing.T) {
	t.Parallel()
	for kind, document := range map[Kind]any{
		KindAWSWorkload: &AWSWorkload{}, KindAzureWorkload: &AzureWorkload{}, KindAWSControlRoom: &AWSControlRoom{}, "manifest": &Manifest{},
	} {
		v := reflect.ValueOf(document).Elem()
		d, root := newDecoder("empty.yaml", []byte("{}"))
		d.structure(root, v, "", position{1, 1})
		var lines []string
		defaultsOf(v, "", &lines)
		golden(t, "testdata/defaults/"+string(kind)+".golden", strings.Join(lines, "\n")+"\n")
	}
}

// Patterns are compiled when they are first used: none may be wrong.
func TestChecksCompile(t *testing.T) {
	t.Parallel()
	for name, check := range checks() {
		problem, _ := check("")
		assert.NotEmpty(t, problem, name)
	}
}
