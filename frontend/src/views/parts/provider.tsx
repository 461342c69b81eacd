/** Signing in through the provider, where there is one. */
import { type ReactNode, useCallback, useState } from "react";
import { api } from "../../client/api";
import { sentenceOf } from "../../client/http";
import { useLoaded } from "./loaded";
import { Act, Problem } from "./parts";

interface ComeInProps {
  /** The page of ours to come back to. */
  readonly next: string;
  /** The form for those who have a password, or make one. */
  readonly children: ReactNode;
}

/** Where somebody comes by a link: through the provider, or by the form if there are passwords. */
export function ComeIn({ next, children }: ComeInProps) {
  const [ways, again] = useLoaded(useCallback(() => api.ways(""), []));
  if (ways.kind === "loading") return <p className="only-heard">Loading.</p>;
  if (ways.kind === "failed") {
    return (
      <>
        <Problem>{ways.sentence}</Problem>
        <Act onPress={again}>Try again</Act>
      </>
    );
  }
  const { passwords, provider } = ways.value;
  return (
    <>
      {provider === null ? null : (
        <ProviderButton name={provider.name} next={next} only={!passwords} />
      )}
      {provider !== null && passwords ? <p className="or">or with a password</p> : null}
      {passwords ? children : null}
    </>
  );
}

interface ProviderButtonProps {
  readonly name: string;
  /** The page of ours to come back to. */
  readonly next: string;
  readonly only: boolean;
  /** Why it did not go well just now. */
  readonly refusal?: string;
  readonly offerAnother?: boolean;
}

export function ProviderButton({ name, next, only, refusal, offerAnother }: ProviderButtonProps) {
  const [problem, setProblem] = useState(refusal ?? "");
  const [busy, setBusy] = useState(false);

  const leave = async (asAnother: boolean) => {
    setBusy(true);
    setProblem("");
    try {
      location.assign(await api.toProvider(next, asAnother));
    } catch (error) {
      setProblem(sentenceOf(error));
      setBusy(false);
    }
  };

  return (
    <div className="form">
      {problem === "" ? null : <Problem>{problem}</Problem>}
      <Act
        look="wide"
        autoFocus={only}
        isDisabled={busy}
        onPress={() => void leave(false)}
        testid="login-provider"
      >
        {busy ? `Going to ${name}` : `Sign in with ${name}`}
      </Act>
      {offerAnother === true ? (
        <Act
          look="wide-plain"
          isDisabled={busy}
          onPress={() => void leave(true)}
          testid="login-another"
        >
          Sign in there as somebody else
        </Act>
      ) : null}
    </div>
  );
}
