/** Draws an agent's text as plain words with light formatting; nothing in it can fetch or act. */
import { memo } from "react";
import { type Block, blocksOf, type Inline } from "../../text/rich";
import { Exact, Straight } from "./shown";

export const Rich = memo(function Rich({ text }: { readonly text: string }) {
  return (
    <div className="rich">
      {blocksOf(text).map((block, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a growing text only adds blocks at its end
        <OneBlock key={at} block={block} />
      ))}
    </div>
  );
});

function OneBlock({ block }: { readonly block: Block }) {
  switch (block.kind) {
    case "code":
      return (
        <pre className="value-block">
          <Exact text={block.text} />
        </pre>
      );
    case "heading":
      return (
        <p className="rich-heading">
          <Inlines parts={block.text} />
        </p>
      );
    case "list":
      return <List block={block} />;
    case "paragraph":
      return (
        <p dir="auto">
          {block.lines.map((line, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines of one paragraph never move
            <span key={at}>
              {at > 0 ? <br /> : null}
              <Inlines parts={line} />
            </span>
          ))}
        </p>
      );
  }
}

function List({ block }: { readonly block: Extract<Block, { kind: "list" }> }) {
  const Tag = block.ordered ? "ol" : "ul";
  return (
    <Tag className="rich-list">
      {block.items.map((item, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: items of one list never move
        <li key={at} data-depth={item.depth} dir="auto">
          <Inlines parts={item.text} />
        </li>
      ))}
    </Tag>
  );
}

function Inlines({ parts }: { readonly parts: readonly Inline[] }) {
  // biome-ignore lint/suspicious/noArrayIndexKey: a growing line only adds parts at its end
  return parts.map((part, at) => <OneInline key={at} part={part} />);
}

function OneInline({ part }: { readonly part: Inline }) {
  switch (part.kind) {
    case "code":
      return (
        <code className="rich-code">
          <Exact text={part.text} />
        </code>
      );
    case "strong":
      return (
        <strong>
          <Straight text={part.text} />
        </strong>
      );
    case "text":
      return <Straight text={part.text} />;
  }
}
