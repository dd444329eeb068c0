package output

import (
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Known returns the plain value of a property: the zero value when it is absent, null or
// not known. It is an error if it is of another type.
func Known[T any](property resource.PropertyValue) (value T, err error) {
	plain, known, _ := Plain(property)
	if !known {
		return value, nil
	}
	converted, err := convert(plain, reflect.TypeFor[T]())
	if err != nil {
		return value, err
	}
	return converted.Interface().(T), nil
}
