package io.holdfast.proxy.http;

/** A request that is not carried out, and what it is answered. */
final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Answer answer;

    Refusal(Answer answer) {
        super(String.valueOf(answer.body().get("error")), null, false, false);
        this.answer = answer;
    }

    Answer answer() {
        return answer;
    }
}
