#include "tuning/config/walk.h"

int yaml_read(struct document_builder *b)
{
    struct yaml_walk w;
    int rc = walk_init(&w, b);

    for (const struct yaml_node *root = w.tree.roots; root != NULL && rc == 0; root = root->next) {
        if (root->kind != YAML_SPAN_SCALAR) {
            rc = walk_value(&w, "", NULL, root, false);
        } else if (!yaml_node_is_null(root)) {
            builder_note(b, root->begin, "a text without a key stands here");
        }
    }
    walk_release(&w);
    return rc;
}
