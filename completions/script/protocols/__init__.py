"""Forms of answers that frameworks request in a prompt instead of the request's fields, for step 3; `auto` uses them.

Each module knows one form of request, from the prompts that the frameworks send:

| module | requested | sent by |
|---|---|---|
| `markers` | fields, each behind `[[ ## name ## ]]` or in XML tags, or as one object | DSPy |
| `wire_keys` | fields, each on a line behind its key | ax |
| `react` | `Thought:`, `Action:`, `Action Input:`, at last `Final Answer:` | LangChain, LlamaIndex, CrewAI |
| `records` | records with `<|>` between their fields, of the names in a text | GraphRAG, LightRAG |
| `code` | Python that calls `final_answer` at the end | smolagents |
| `quoted` | an instance of a JSON Schema that the prompt quotes | instructor, Spring AI, LangChain, the AI SDK |
| `quoted` | the same by a schema's properties alone | Agno |
| `quoted` | an instance of an object that it sketches, `{name: string}` | LangChain4j, BAML |
| `categories` | one of the values under a name, or a type that is no object: `Answer as an int` | BAML |
| `brief` | a letter of a list, an order of its numbers, one word | examinations, RankGPT |
| `choices` | one of the answers that the prompt lists | graders, routers, supervisors |
| `few_shots` | an answer like the examples, which are objects or one of a few words | GPT Researcher, applications |
| `scores` | a number alone, or behind a mark | evaluations, as of Inspect |
| `requested_words` | words to say, or numbers to count: `Reply with exactly: OK` | health checks |
| `translations` | a translation, which is the text itself | programs that translate files |
| `tags` | an answer in XML tags | Anthropic's guides |
| `labelled` | a template of labels and places: `Score: [1 to 5]` | applications, distilabel |
| `open_labels` | a verdict behind a label at the end: `GRADE:` | LangChain's graders |
| `tables` | CSV or a Markdown table, of the columns that the prompt names | applications |
| `tagged_calls` | a call of a function, in `<tool_call>` or as JSON | Hermes, Qwen, Llama without tools of an API |
| `lines` | lines, a title, a question in other words, SQL | query writers, chats, LangChain |
| `snippets` | code alone | applications that run it |
| `programs` | a program, a query, a command | chats, benchmarks of code |
| `closings` | an answer that ends with a word such as `TERMINATE` | AutoGen |
| `unspecified` | JSON, by names of keys, by an example or by nothing else | Spring AI's maps, applications |
| `described_keys` | JSON, by a list of keys, each with its description | Azure's evaluators, applications |
| `prefilled` | JSON, by an object with some of the values | Parlant |

`instructions` finds the texts that may have instructions, `written_types` reads types as people write them,
`tool_descriptions` the tools that a prompt describes, `earlier_answers` the form of the answers so far, `named_keys`
the keys that a sentence names, `demanded_length` the length that a text must have, `braces` the parts of a text between
braces, and `placeholders` objects with placeholders as values. `suited` limits a schema to what the prompt says:
`ranges` adds the ranges that it gives or shows (`shown_values`), `one_for_each` the items of its lists, and `counts`
their number. `observation` finds the results of tools, in messages or in text. `languages` has small programs.

Every module reads a bounded part of a prompt, in time that grows with the length alone.
"""
