#!/bin/sh
# Writes a C file with the text of the interface files that are given: see idl_embedded in lib/idl.h.
set -eu
echo '#include "lib/idl.h"'
echo 'const struct idl_embedded idl_embedded[] = {'
for file; do
        name=$(basename "$file" .varlink)
        printf '        { "%s",\n' "$name"
        sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/          "/' -e 's/$/\\n"/' "$file"
        echo '        },'
done
echo '        { NULL, NULL },'
echo '};'
