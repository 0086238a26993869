"""One file a widget: attributes in, messages out, no reading or writing of files."""
