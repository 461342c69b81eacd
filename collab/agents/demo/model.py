"""The model behind the agent: the policy by default, any OpenAI-compatible one by environment.

It turns messages into the policy's request and results, and steps into a stream of words.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models import Model
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, DeltaToolCalls, FunctionModel

from .policy import Step, next_step
from .wording import Result


def choose(environment: Mapping[str, str], pace: float) -> Model:
    """Take the model that the environment names, else the policy; `pace` is seconds a word."""
    url = environment.get("COHELM_MODEL_URL")
    if not url:
        return policy_model(pace)
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    provider = OpenAIProvider(base_url=url, api_key=environment.get("COHELM_MODEL_KEY") or "none")
    return OpenAIChatModel(environment.get("COHELM_MODEL_NAME") or "default", provider=provider)


def policy_model(pace: float) -> FunctionModel:
    """Wrap the policy so that it streams word by word."""

    async def stream(
        messages: list[ModelMessage], _: AgentInfo
    ) -> AsyncIterator[str | DeltaToolCalls]:
        request, results = turn(messages)
        async for piece in _pieces(next_step(request, results)):
            yield piece
            await asyncio.sleep(pace)

    return FunctionModel(stream_function=stream, model_name="policy")


def turn(messages: Sequence[ModelMessage]) -> tuple[str, list[Result]]:
    """Return the last request and the results of the calls made for it."""
    request: list[str] = []
    results: list[Result] = []
    answered = True
    for message in messages:
        if not isinstance(message, ModelRequest):
            answered = True
            continue
        for part in message.parts:
            if isinstance(part, UserPromptPart):
                if answered:
                    request, results, answered = [], [], False
                request.append(_text(part))
            elif isinstance(part, ToolReturnPart):
                results.append(Result(part.outcome, part.content))
    return "\n".join(request), results


def _text(part: UserPromptPart) -> str:
    if isinstance(part.content, str):
        return part.content
    return " ".join(item for item in part.content if isinstance(item, str))


async def _pieces(step: Step) -> AsyncIterator[str | DeltaToolCalls]:
    for word in re.findall(r"\s*\S+\s*?(?=\s|$)|\s+", step.text):
        yield word
    for number, call in enumerate(step.calls, 1):
        yield {number: DeltaToolCall(name=call.tool, json_args="")}
        for piece in re.findall(r".{1,24}", json.dumps(call.args, ensure_ascii=False), re.S):
            yield {number: DeltaToolCall(json_args=piece)}
