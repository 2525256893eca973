"""Standard facts of operator algebra over real matrices, as data: what a prover should prove.

Every fact is written in the language of ``linreg-unlearn prove`` and names the handbook or paper
it is taken from, by key of ``refs.bib`` and, where that is certain, the place in it. The wording is
this project's own: nothing is quoted, and a theorem with several equivalent conditions is one fact
for each direction of each.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["FACTS", "FALSE_STATEMENTS", "UNCONDITIONAL", "Fact"]


@dataclass(frozen=True)
class Fact:
    """One statement of the literature, and what it rests on.

    Attributes
    ----------
    name : str
        A short name, used once.
    source : str
        The work, by its key, and the place in it.
    statements : tuple of str
        What holds; a fact with several conclusions holds when all of them do.
    assume : tuple of str
        What it rests on, besides that every ``inv(E)`` in it exists.
    shapes : mapping of str to str
        The sizes of letters, such as ``"n x 1"`` without the blanks, where they must be declared.
    not_needed : tuple of str
        Assumptions of the source that follow from the others, so that no counterexample can show
        them needed; ``"inv(E)"`` stands for the existence of that inverse.
    note : str
        Why an assumption is not needed, or what is special about the fact.
    """

    name: str
    source: str
    statements: tuple[str, ...]
    assume: tuple[str, ...] = ()
    shapes: Mapping[str, str] = field(default_factory=dict)
    not_needed: tuple[str, ...] = ()
    note: str = ""


_MEANING = "The inverse only has to exist for the statement to mean something: with pinv it holds."
_FOLLOWS = "Given the others, an inverse exists or rows are orthonormal without saying so."
_ZERO = "What is assumed holds for zero matrices only, which is the fact."
_RANK = "The assumptions not needed follow from the others by counting dimensions."

_P = ("P == P.T", "P*P == P")
_Q = ("Q == Q.T", "Q*Q == Q")
# An idempotent that need not be symmetric: an oblique projector.
_OBLIQUE_P, _OBLIQUE_Q = ("P*P == P",), ("Q*Q == Q",)
# X is the Moore-Penrose inverse of A.
_PENROSE = ("A*X*A == A", "X*A*X == X", "(A*X).T == A*X", "(X*A).T == X*A")
# E and F select complementary blocks: K is the two-by-two block matrix of E*K*E.T and so on.
_BLOCKS = ("E.T*E + F.T*F == I", "E*E.T == I", "F*F.T == I")
# The same seen from the blocks: rows of E and F are orthonormal, and need not be all.
_ORTHONORMAL = ("E*E.T == I", "F*F.T == I", "E*F.T == 0")

_MOORE_PENROSE = (
    Fact(
        "the four equations determine the pseudo-inverse",
        "[penrose1955inverse] Theorem 1",
        ("X == pinv(A)",),
        _PENROSE,
    ),
    Fact(
        "the pseudo-inverse of a symmetric matrix is symmetric and commutes with it",
        "[hogben2006handbook] section 5.7",
        ("pinv(A) == pinv(A).T", "A*pinv(A) == pinv(A)*A"),
        ("A == A.T",),
    ),
    Fact(
        "an orthogonal projector is its own pseudo-inverse",
        "[hogben2006handbook] section 5.7",
        ("pinv(P) == P",),
        _P,
    ),
    Fact(
        "a symmetric tripotent is its own pseudo-inverse",
        "[bernstein2009matrix] chapter 6",
        ("pinv(A) == A",),
        ("A == A.T", "A*A*A == A"),
    ),
    Fact(
        "a matrix that is its own pseudo-inverse is tripotent with symmetric square",
        "[bernstein2009matrix] chapter 6",
        ("A*A*A == A", "(A*A).T == A*A"),
        ("pinv(A) == A",),
    ),
    Fact(
        "an idempotent pseudo-inverse, from the matrix",
        "[greville1974solutions]",
        ("pinv(A)*pinv(A) == pinv(A)",),
        ("A*A == A*A.T*A",),
    ),
    Fact(
        "an idempotent pseudo-inverse, to the matrix",
        "[greville1974solutions]",
        ("A*A == A*A.T*A",),
        ("pinv(A)*pinv(A) == pinv(A)",),
    ),
    Fact(
        "normal matrices commute with their pseudo-inverse",
        "[penrose1955inverse] Lemma 1",
        ("A*pinv(A) == pinv(A)*A",),
        ("A*A.T == A.T*A",),
    ),
    Fact(
        "the pseudo-inverse of a normal matrix's square",
        "[penrose1955inverse] Lemma 1",
        ("pinv(A*A) == pinv(A)*pinv(A)",),
        ("A*A.T == A.T*A",),
    ),
    Fact(
        "the pseudo-inverse of a normal matrix is normal",
        "[campbell1979generalized] EP matrices",
        ("pinv(A)*pinv(A).T == pinv(A).T*pinv(A)", "pinv(A)*A.T == A.T*pinv(A)"),
        ("A*A.T == A.T*A",),
    ),
    Fact(
        "a two-sided inverse is the pseudo-inverse",
        "[penrose1955inverse] Lemma 1",
        ("pinv(A) == X",),
        ("A*X == I", "X*A == I"),
    ),
    Fact(
        "full row rank: the Gram matrix is invertible",
        "[benisrael2003generalized] chapter 1",
        ("A*A.T*(pinv(A).T*pinv(A)) == I", "pinv(A).T*pinv(A)*(A*A.T) == I"),
        ("A*pinv(A) == I",),
    ),
    Fact(
        "full column rank: the pseudo-inverse is a left inverse",
        "[hogben2006handbook] section 5.7",
        ("pinv(A)*A == I",),
        ("L*A == I",),
    ),
    Fact(
        "an invertible Gram matrix gives a left inverse",
        "[golub2013matrix] section 5.5",
        ("pinv(A)*A == I",),
        ("A.T*A*M == I",),
    ),
    Fact(
        "the pseudo-inverse of an isometry is its transpose",
        "[bernstein2009matrix] chapter 6",
        ("pinv(U) == U.T",),
        ("U.T*U == I",),
    ),
    Fact(
        "a partial isometry's pseudo-inverse is its transpose",
        "[benisrael2003generalized] chapter 6, partial isometries",
        ("pinv(A) == A.T",),
        ("A*A.T*A == A",),
    ),
    Fact(
        "a matrix whose pseudo-inverse is its transpose is a partial isometry",
        "[benisrael2003generalized] chapter 6, partial isometries",
        ("A*A.T*A == A",),
        ("pinv(A) == A.T",),
    ),
    Fact(
        "an idempotent Gram matrix makes a partial isometry",
        "[benisrael2003generalized] chapter 6, partial isometries",
        ("A*A.T*A == A",),
        ("A.T*A*A.T*A == A.T*A",),
    ),
    Fact(
        "orthogonal changes of basis pass through the pseudo-inverse",
        "[penrose1955inverse] Lemma 1",
        ("pinv(U*A*V) == V.T*pinv(A)*U.T",),
        ("U.T*U == I", "V*V.T == I"),
    ),
    Fact(
        "thin QR factors",
        "[golub2013matrix] section 5.5",
        ("pinv(Q*R) == pinv(R)*Q.T",),
        ("Q.T*Q == I",),
    ),
    Fact(
        "thin singular value factors",
        "[golub2013matrix] section 5.5",
        ("pinv(A) == V*inv(S)*U.T",),
        ("A == U*S*V.T", "U.T*U == I", "V.T*V == I"),
        not_needed=("inv(S)",),
        note=_MEANING,
    ),
    Fact(
        "polar factors",
        "[horn2013matrix] section 7.3",
        ("A.T*A == H*H", "pinv(A) == pinv(H)*U.T", "pinv(A)*A == pinv(H)*H"),
        ("A == U*H", "H == H.T", "U.T*U == I"),
    ),
    Fact(
        "full-rank factorization",
        "[benisrael2003generalized] chapter 1, full-rank factorization",
        ("pinv(B*C) == pinv(C)*pinv(B)",),
        ("pinv(B)*B == I", "C*pinv(C) == I"),
    ),
    Fact(
        "full-rank factorization, in one inverse",
        "[benisrael2003generalized] chapter 1, full-rank factorization",
        ("pinv(A) == C.T*inv(B.T*A*C.T)*B.T",),
        ("A == B*C",),
    ),
    Fact(
        "the pseudo-inverse of a skew-symmetric matrix",
        "[bernstein2009matrix] chapter 6",
        ("pinv(A) + pinv(A).T == 0", "A*pinv(A) == pinv(A)*A"),
        ("A + A.T == 0",),
    ),
    Fact(
        "a vanishing product reverses under the pseudo-inverse",
        "[campbell1979generalized] chapter 1",
        ("pinv(B)*pinv(A) == 0",),
        ("A*B == 0",),
    ),
    Fact(
        "orthogonal ranges, from the transpose",
        "[hestenes1961relative]",
        ("pinv(A)*B == 0", "pinv(B)*A == 0"),
        ("A.T*B == 0",),
    ),
    Fact(
        "orthogonal ranges, to the transpose",
        "[hestenes1961relative]",
        ("A.T*B == 0",),
        ("pinv(A)*B == 0",),
    ),
    Fact(
        "the pseudo-inverse of a nilpotent of order two",
        "[bernstein2009matrix] chapter 6",
        ("pinv(A)*pinv(A) == 0",),
        ("A*A == 0",),
    ),
    Fact(
        "what intertwines two matrices and their transposes",
        "[koliha2007moore]",
        ("pinv(A)*Y == X*pinv(B)",),
        ("A*X == Y*B", "A.T*Y == X*B.T"),
    ),
    Fact(
        "the pseudo-inverse of a symmetric matrix commutes with what it commutes with",
        "[koliha2007moore]",
        ("pinv(A)*B == B*pinv(A)", "pinv(A*B) == pinv(B)*pinv(A)"),
        ("A == A.T", "A*B == B*A"),
    ),
    Fact(
        "the range's projector from a {1,3}-inverse",
        "[benisrael2003generalized] chapter 2",
        ("A*G == A*pinv(A)",),
        ("A*G*A == A", "(A*G).T == A*G"),
    ),
    Fact(
        "the pseudo-inverse from a {1,4}- and a {1,3}-inverse",
        "[urquhart1968computation]",
        ("H*A*G == pinv(A)",),
        ("A*G*A == A", "(A*G).T == A*G", "A*H*A == A", "(H*A).T == H*A"),
    ),
    Fact(
        "an inner inverse of the Gram matrix gives the projector",
        "[rao1971generalized] chapter 2",
        ("A*G*A.T == A*pinv(A)",),
        ("A.T*A*G*A.T*A == A.T*A",),
    ),
    Fact(
        "the pseudo-inverse of complementary blocks",
        "[bernstein2009matrix] chapter 6",
        ("pinv(E.T*A*E + F.T*B*F) == E.T*pinv(A)*E + F.T*pinv(B)*F",),
        _ORTHONORMAL,
    ),
    Fact(
        "the pseudo-inverse of two blocks with orthogonal ranges",
        "[cline1965representations]",
        ("pinv(A*E + B*F) == E.T*pinv(A) + F.T*pinv(B)",),
        ("A.T*B == 0", *_ORTHONORMAL),
    ),
    Fact(
        "appending independent columns",
        "[greville1960applications]",
        ("pinv(A*E + B*F) == E.T*(pinv(A) - pinv(A)*B*pinv(C)) + F.T*pinv(C)",),
        ("C == B - A*pinv(A)*B", "pinv(C)*C == I", *_ORTHONORMAL),
    ),
    Fact(
        "the projector on the sum of two ranges",
        "[rao1971generalized] chapter 5",
        ("M*pinv(M) == A*pinv(A) + C*pinv(C)",),
        ("M*M.T == A*A.T + B*B.T", "C == B - A*pinv(A)*B"),
    ),
)

_GRAM_AND_KERNELS = (
    Fact(
        "a Gram matrix has its factor's kernel",
        "[horn2013matrix] section 7.2",
        ("A*X == 0",),
        ("A.T*A*X == 0",),
    ),
    Fact(
        "a vanishing Gram matrix",
        "[penrose1955inverse] before Theorem 1",
        ("A == 0",),
        ("A*A.T == 0",),
        note=_ZERO,
    ),
    Fact(
        "a vanishing sum of Gram matrices",
        "[horn2013matrix] section 7.1",
        ("A == 0", "B == 0"),
        ("A.T*A + B.T*B == 0",),
        note=_ZERO,
    ),
    Fact(
        "cancellation on the left",
        "[marsaglia1974equalities]",
        ("A*X == A*Y",),
        ("A.T*A*X == A.T*A*Y",),
    ),
    Fact(
        "cancellation on the right",
        "[penrose1955inverse] before Theorem 1",
        ("X*A == Y*A",),
        ("X*A*A.T == Y*A*A.T",),
    ),
    Fact(
        "cancellation between two factors",
        "[marsaglia1974equalities]",
        ("A*X*B == A*Y*B",),
        ("A.T*A*X*B*B.T == A.T*A*Y*B*B.T",),
    ),
    Fact(
        "a symmetric nilpotent vanishes",
        "[horn2013matrix] section 4.1",
        ("S == 0",),
        ("S == S.T", "S*S*S == 0"),
        note=_ZERO,
    ),
    Fact(
        "a normal nilpotent vanishes",
        "[horn2013matrix] section 2.5",
        ("A == 0",),
        ("A*A.T == A.T*A", "A*A == 0"),
        note=_ZERO,
    ),
    Fact(
        "a symmetric matrix whose cube is its square is idempotent",
        "[horn2013matrix] section 4.1",
        ("S*S == S",),
        ("S == S.T", "S*S*S == S*S"),
    ),
    Fact(
        "the kernel of a sum of two Gram matrices",
        "[rao1971generalized] parallel sums",
        ("A*X == 0", "B*X == 0"),
        ("A.T*A*X + B.T*B*X == 0",),
    ),
    Fact(
        "a factor lies in the range of a sum of Gram matrices",
        "[anderson1969series]",
        ("A*pinv(S)*S == A", "S*pinv(S)*B.T == B.T"),
        ("S == A.T*A + B.T*B",),
    ),
    Fact(
        "the parallel sum is symmetric in its two arguments",
        "[anderson1969series]",
        ("A*pinv(A + B)*B == B*pinv(A + B)*A",),
        ("A == F.T*F", "B == G.T*G"),
    ),
)

_NESTED_SPACES = (
    Fact(
        "a factor's range contains the product's",
        "[marsaglia1974equalities]",
        ("B*pinv(B)*A == A",),
        ("A == B*K",),
    ),
    Fact(
        "a factor's row space contains the product's",
        "[marsaglia1974equalities]",
        ("A*pinv(B)*B == A",),
        ("A == K*B",),
    ),
    Fact(
        "a range inside another, as projectors",
        "[benisrael2003generalized] chapter 2, orthogonal projections",
        ("B*pinv(B)*A*pinv(A) == A*pinv(A)", "A*pinv(A)*B*pinv(B) == A*pinv(A)"),
        ("B*pinv(B)*A == A",),
    ),
    Fact(
        "a row space inside another, as projectors",
        "[benisrael2003generalized] chapter 2, orthogonal projections",
        ("pinv(A)*A*pinv(B)*B == pinv(A)*A", "pinv(B)*B*pinv(A)*A == pinv(A)*A"),
        ("A*pinv(B)*B == A",),
    ),
    Fact(
        "what a larger row space adds is a projector",
        "[halmos1958finite] section 76",
        (
            "(pinv(B)*B - pinv(A)*A)*(pinv(B)*B - pinv(A)*A) == pinv(B)*B - pinv(A)*A",
            "(pinv(B)*B - pinv(A)*A)*pinv(A) == 0",
        ),
        ("A == K*B",),
    ),
    Fact(
        "equal ranges have the same projector",
        "[benisrael2003generalized] chapter 2, orthogonal projections",
        ("A*pinv(A) == B*pinv(B)",),
        ("A == B*K", "B == A*L"),
    ),
    Fact(
        "equal row spaces have the same projector",
        "[benisrael2003generalized] chapter 2, orthogonal projections",
        ("pinv(A)*A == pinv(B)*B",),
        ("A == K*B", "B == L*A"),
    ),
    Fact(
        "the range of a Gram matrix inside another",
        "[rao1971generalized] chapter 2",
        ("B*pinv(B)*A == A",),
        ("A*A.T == B*M",),
    ),
    Fact(
        "a product that does not depend on the inner inverse",
        "[rao1971generalized] chapter 2",
        ("A*G*C == A*pinv(B)*C",),
        ("B*G*B == B", "A == K*B", "C == B*L"),
    ),
    Fact(
        "nested row spaces: projecting in steps",
        "[halmos1958finite] section 76",
        ("pinv(A)*A*pinv(B)*B*pinv(C)*C == pinv(A)*A",),
        ("A == K*B", "B == L*C"),
    ),
    Fact(
        "equal Gram matrices differ by a partial isometry",
        "[horn2013matrix] section 7.3",
        ("W*B == A", "W.T*W == B*pinv(B)", "W*W.T == A*pinv(A)"),
        ("A.T*A == B.T*B", "W == A*pinv(B)"),
    ),
)

_PROJECTORS = (
    Fact(
        "the sum of two orthogonal projectors with vanishing product is one",
        "[halmos1958finite] section 76",
        ("(P + Q)*(P + Q) == P + Q", "(P + Q).T == P + Q"),
        (*_P, *_Q, "P*Q == 0"),
    ),
    Fact(
        "if the sum of two projectors is one, their products vanish",
        "[halmos1958finite] section 42",
        ("P*Q == 0", "Q*P == 0"),
        (*_OBLIQUE_P, *_OBLIQUE_Q, "(P + Q)*(P + Q) == P + Q"),
    ),
    Fact(
        "the difference of nested orthogonal projectors is one",
        "[halmos1958finite] section 76",
        ("(P - Q)*(P - Q) == P - Q", "(P - Q).T == P - Q"),
        (*_P, *_Q, "P*Q == Q"),
    ),
    Fact(
        "if the difference of two projectors is one, they are nested",
        "[halmos1958finite] section 42",
        ("P*Q == Q", "Q*P == Q"),
        (*_OBLIQUE_P, *_OBLIQUE_Q, "(P - Q)*(P - Q) == P - Q"),
    ),
    Fact(
        "the product of commuting projectors is one",
        "[halmos1958finite] section 42",
        ("P*Q*P*Q == P*Q",),
        (*_OBLIQUE_P, *_OBLIQUE_Q, "P*Q == Q*P"),
    ),
    Fact(
        "the product of commuting symmetric matrices is symmetric",
        "[halmos1958finite] section 76",
        ("(P*Q).T == P*Q",),
        ("P == P.T", "Q == Q.T", "P*Q == Q*P"),
    ),
    Fact(
        "symmetric matrices with a symmetric product commute",
        "[halmos1958finite] section 76",
        ("P*Q == Q*P",),
        ("P == P.T", "Q == Q.T", "(P*Q).T == P*Q"),
    ),
    Fact(
        "orthogonal projectors with an idempotent product commute",
        "[baksalary1987algebraic]",
        ("P*Q == Q*P",),
        (*_P, *_Q, "P*Q*P*Q == P*Q"),
    ),
    Fact(
        "orthogonal projectors with an idempotent triple product commute",
        "[baksalary1987algebraic]",
        ("P*Q == Q*P",),
        (*_P, *_Q, "P*Q*P*P*Q*P == P*Q*P"),
    ),
    Fact(
        "orthogonal projectors with a triple product that is the double one commute",
        "[baksalary1987algebraic]",
        ("P*Q == Q*P",),
        ("P == P.T", "Q == Q.T", "P*Q*P == P*Q"),
    ),
    Fact(
        "a triple product equal to its outer projector",
        "[baksalary1987algebraic]",
        ("P*Q == P", "Q*P == P"),
        (*_P, *_Q, "P*Q*P == P"),
    ),
    Fact(
        "a vanishing triple product",
        "[baksalary1987algebraic]",
        ("P*Q == 0",),
        ("P == P.T", *_Q, "P*Q*P == 0"),
    ),
    Fact(
        "the projector on the sum of commuting ranges",
        "[halmos1958finite] section 42",
        ("(P + Q - P*Q)*(P + Q - P*Q) == P + Q - P*Q", "(P + Q - P*Q)*P == P"),
        (*_OBLIQUE_P, *_OBLIQUE_Q, "P*Q == Q*P"),
    ),
    Fact(
        "the intersection of two ranges",
        "[anderson1969series]",
        ("X*X == X", "X == X.T", "X*P == X", "X*Q == X"),
        (*_P, *_Q, "X == 2*P*pinv(P + Q)*Q"),
    ),
    Fact(
        "the sum of two ranges",
        "[benisrael2003generalized] chapter 5",
        ("(P + Q)*pinv(P + Q)*P == P",),
        (*_P, *_Q),
    ),
    Fact(
        "the pseudo-inverse of a product of orthogonal projectors is idempotent",
        "[greville1974solutions]",
        ("pinv(P*Q)*pinv(P*Q) == pinv(P*Q)", "Q*pinv(P*Q)*P == pinv(P*Q)"),
        (*_P, *_Q),
    ),
    Fact(
        "every idempotent is the pseudo-inverse of a product of orthogonal projectors",
        "[greville1974solutions]",
        ("pinv(pinv(A)*A*(A*pinv(A))) == A",),
        ("A*A == A",),
    ),
    Fact(
        "the square of the difference of two projectors commutes with both",
        "[kato1995perturbation] chapter I, section 4.6",
        (
            "P*(P - Q)*(P - Q) == (P - Q)*(P - Q)*P",
            "Q*(P - Q)*(P - Q) == (P - Q)*(P - Q)*Q",
            "(P - Q)*(P - Q) + (I - P - Q)*(I - P - Q) == I",
        ),
        (*_OBLIQUE_P, *_OBLIQUE_Q),
    ),
    Fact(
        "one equation says orthogonal projector",
        "[benisrael2003generalized] chapter 2, orthogonal projections",
        ("P == P.T", "P*P == P"),
        ("P.T*P == P",),
    ),
    Fact(
        "an idempotent that is its own pseudo-inverse is symmetric",
        "[benisrael2003generalized] chapter 2, projectors",
        ("P == P.T",),
        ("P*P == P", "pinv(P) == P"),
    ),
    Fact(
        "a normal idempotent is symmetric",
        "[horn2013matrix] section 2.5",
        ("P == P.T",),
        ("P*P == P", "P*P.T == P.T*P"),
    ),
    Fact(
        "an idempotent that commutes with its pseudo-inverse is symmetric",
        "[campbell1979generalized] EP matrices",
        ("P == P.T",),
        ("P*P == P", "P*pinv(P) == pinv(P)*P"),
    ),
    Fact(
        "an idempotent partial isometry is symmetric",
        "[benisrael2003generalized] chapter 6, partial isometries",
        ("P == P.T",),
        ("P*P == P", "P*P.T*P == P"),
    ),
    Fact(
        "the orthogonal projector on the range of an idempotent",
        "[bernstein2009matrix] chapter 6",
        ("A*inv(A + A.T - I) == A*pinv(A)",),
        ("A*A == A",),
        not_needed=("inv(A + A.T - I)",),
        note="For an idempotent this inverse always exists.",
    ),
    Fact(
        "projectors with the same range",
        "[benisrael2003generalized] chapter 2, projectors",
        ("P*Q == Q", "Q*P == P", "P*pinv(P) == Q*pinv(Q)"),
        (*_OBLIQUE_P, *_OBLIQUE_Q, "P == Q*K", "Q == P*L"),
    ),
    Fact(
        "a reflection from a projector",
        "[halmos1958finite] projections",
        ("(2*P - I)*(2*P - I) == I",),
        ("P*P == P",),
    ),
    Fact(
        "a projector from a reflection",
        "[halmos1958finite] projections",
        ("1/2*(I + S)*(1/2*(I + S)) == 1/2*(I + S)",),
        ("S*S == I",),
    ),
    Fact(
        "Householder reflections are orthogonal and symmetric",
        "[golub2013matrix] section 5.1",
        ("(I - 2*v*v.T)*(I - 2*v*v.T) == I", "(I - 2*v*v.T)*v + v == 0"),
        ("v.T*v == I",),
        {"v": "nx1"},
    ),
    Fact(
        "commuting partial isometries' projectors: the product is a partial isometry",
        "[erdelyi1968partial]",
        ("U*V*(U*V).T*(U*V) == U*V",),
        ("U*U.T*U == U", "V*V.T*V == V", "U.T*U*V*V.T == V*V.T*U.T*U"),
    ),
    Fact(
        "if a product of partial isometries is one, their projectors commute",
        "[erdelyi1968partial]",
        ("U.T*U*V*V.T == V*V.T*U.T*U",),
        ("U*U.T*U == U", "V*V.T*V == V", "U*V*(U*V).T*(U*V) == U*V"),
    ),
)

_INVERSES = (
    Fact(
        "Woodbury",
        "[woodbury1950inverting]",
        ("inv(A + U*C*V) == inv(A) - inv(A)*U*inv(inv(C) + V*inv(A)*U)*V*inv(A)",),
        not_needed=("inv(A + U*C*V)", "inv(inv(C) + V*inv(A)*U)"),
        note="Given the other inverses, each of these two exists when the other does.",
    ),
    Fact(
        "Woodbury without the middle inverse",
        "[henderson1981inverse]",
        ("inv(A + U*C*V) == inv(A) - inv(A)*U*C*inv(I + V*inv(A)*U*C)*V*inv(A)",),
        not_needed=("inv(A + U*C*V)", "inv(I + V*inv(A)*U*C)"),
        note="Given the inverse of A, each of these two exists when the other does.",
    ),
    Fact(
        "Sherman-Morrison",
        "[sherman1950adjustment]",
        ("inv(A + u*v.T) == inv(A) - inv(A)*u*inv(I + v.T*inv(A)*u)*v.T*inv(A)",),
        shapes={"u": "nx1", "v": "nx1"},
        not_needed=("inv(A + u*v.T)", "inv(I + v.T*inv(A)*u)"),
        note="Given the inverse of A, each of these two exists when the other does.",
    ),
    Fact(
        "Sherman-Morrison solves",
        "[golub2013matrix] section 2.1",
        ("(A + u*v.T)*(x - z*inv(I + v.T*z)*v.T*x) == b",),
        ("A*x == b", "A*z == u"),
        {"u": "nx1", "v": "nx1", "x": "nx1"},
    ),
    Fact(
        "push-through",
        "[henderson1981inverse]",
        ("U*inv(I + V*U) == inv(I + U*V)*U",),
        not_needed=("inv(I + V*U)", "inv(I + U*V)"),
        note="Each of the two inverses exists when the other does.",
    ),
    Fact(
        "an inverse of one product and the identity from the other's",
        "[bernstein2009matrix] chapter 2",
        ("inv(I + U*V) == I - U*inv(I + V*U)*V",),
        not_needed=("inv(I + V*U)", "inv(I + U*V)"),
        note="Each of the two inverses exists when the other does.",
    ),
    Fact(
        "the second resolvent identity",
        "[kato1995perturbation] chapter I, section 5",
        ("inv(A) - inv(B) == inv(A)*(B - A)*inv(B)",),
    ),
    Fact(
        "the first resolvent identity",
        "[kato1995perturbation] chapter I, section 5",
        ("inv(2*I - A) - inv(3*I - A) == inv(2*I - A)*inv(3*I - A)",),
    ),
    Fact(
        "Hua",
        "[hua1949properties]",
        ("A - A*B*A == inv(inv(A) + inv(inv(B) - A))",),
        not_needed=("inv(B)", "inv(inv(A) + inv(inv(B) - A))"),
        note=_FOLLOWS,
    ),
    Fact(
        "the inverse of a sum of inverses",
        "[henderson1981inverse]",
        ("inv(A)*inv(inv(A) + inv(B))*inv(B) == inv(A + B)",),
        not_needed=("inv(inv(A) + inv(B))", "inv(A + B)"),
        note="Given those of A and B, each of these two exists when the other does.",
    ),
    Fact(
        "the parallel sum by an inverse",
        "[henderson1981inverse]",
        ("A*inv(A + B)*B == B*inv(A + B)*A", "A*inv(A + B)*B == A - A*inv(A + B)*A"),
    ),
    Fact(
        "a resolvent commutes with its matrix",
        "[kato1995perturbation] chapter I, section 5",
        ("A*inv(I + A) == inv(I + A)*A", "A*inv(I + A) == I - inv(I + A)"),
    ),
    Fact(
        "complementary resolvents",
        "[bernstein2009matrix] chapter 2",
        ("inv(I + A) + inv(I + inv(A)) == I",),
        not_needed=("inv(I + A)", "inv(I + inv(A))"),
        note="Given that of A, each of these two exists when the other does.",
    ),
    Fact(
        "inverses commute with what the matrix commutes with",
        "[horn2013matrix] section 0.7",
        ("inv(A)*B == B*inv(A)",),
        ("A*B == B*A",),
    ),
    Fact(
        "intertwined inverses",
        "[kato1995perturbation] chapter I, section 5",
        ("X*inv(B) == inv(A)*X",),
        ("A*X == X*B",),
    ),
    Fact(
        "the inverse of a product",
        "[horn2013matrix] section 0.5",
        ("pinv(A*B) == Y*X",),
        ("A*X == I", "X*A == I", "B*Y == I", "Y*B == I"),
    ),
    Fact(
        "ridge regression in two forms",
        "[henderson1981inverse]",
        ("inv(A.T*A + I)*A.T == A.T*inv(A*A.T + I)",),
        not_needed=("inv(A.T*A + I)", "inv(A*A.T + I)"),
        note="Both matrices are positive definite.",
    ),
    Fact(
        "ridge regression with a general prior and noise",
        "[henderson1981inverse]",
        ("inv(A.T*inv(R)*A + inv(S))*A.T*inv(R) == S*A.T*inv(A*S*A.T + R)",),
        not_needed=("inv(A.T*inv(R)*A + inv(S))", "inv(A*S*A.T + R)"),
        note="Given those of R and S, each of these two exists when the other does.",
    ),
    Fact(
        "ridge residuals",
        "[golub2013matrix] section 6.1",
        ("I - A*inv(A.T*A + 2*I)*A.T == 2*inv(A*A.T + 2*I)",),
        not_needed=("inv(A.T*A + 2*I)", "inv(A*A.T + 2*I)"),
        note="Both matrices are positive definite.",
    ),
    Fact(
        "the ridge solution in its dual form",
        "[golub2013matrix] section 6.1",
        ("X == A.T*inv(A*A.T + I)*B", "pinv(A)*A*X == X"),
        ("A.T*A*X + X == A.T*B",),
        not_needed=("inv(A*A.T + I)",),
        note="The matrix is positive definite.",
    ),
    Fact(
        "Cayley's transform of a skew-symmetric matrix is orthogonal",
        "[golub2013matrix] chapter 2, problems",
        ("(inv(I - K)*(I + K)).T*(inv(I - K)*(I + K)) == I",),
        ("K + K.T == 0",),
        not_needed=("inv(I - K)",),
        note="For a skew-symmetric matrix this inverse always exists.",
    ),
    Fact(
        "Cayley's transform of an orthogonal matrix is skew-symmetric",
        "[golub2013matrix] chapter 2, problems",
        ("inv(I + Q)*(I - Q) + (inv(I + Q)*(I - Q)).T == 0",),
        ("Q.T*Q == I", "Q*Q.T == I"),
        not_needed=("inv(I + Q)", "Q.T*Q == I", "Q*Q.T == I"),
        note=(
            "Q is square, so each equation follows from the other; the inverse only has to exist"
            " for the statement to mean something."
        ),
    ),
    Fact(
        "an invertible normal matrix over its transpose is orthogonal",
        "[horn2013matrix] section 2.5, problems",
        ("(inv(A)*A.T).T*(inv(A)*A.T) == I",),
        ("A*A.T == A.T*A",),
    ),
    Fact(
        "a matrix over its transpose is orthogonal only if it is normal",
        "[horn2013matrix] section 2.5, problems",
        ("A*A.T == A.T*A",),
        ("(inv(A)*A.T).T*(inv(A)*A.T) == I",),
        not_needed=("inv(A)",),
        note=_MEANING,
    ),
    Fact(
        "a one-sided inverse of a square matrix is two-sided",
        "[horn2013matrix] section 0.5",
        ("X*A == I",),
        ("A*X == I",),
        {"A": "nxn"},
        note="True by counting dimensions, not by the equations alone.",
    ),
    Fact(
        "orthonormal rows of a square matrix are orthonormal columns",
        "[horn2013matrix] Theorem 2.1.4",
        ("U*U.T == I",),
        ("U.T*U == I",),
        {"U": "nxn"},
        note="True by counting dimensions, not by the equations alone.",
    ),
)

_BLOCK_INVERSES = (
    Fact(
        "the block of an inverse is the inverse of the Schur complement",
        "[zhang2005schur] chapter 1",
        ("E*inv(K)*E.T*(E*K*E.T - E*K*F.T*inv(F*K*F.T)*F*K*E.T) == I",),
        _BLOCKS,
        not_needed=("F*F.T == I",),
        note=_FOLLOWS,
    ),
    Fact(
        "the Schur complement is the inverse of the block of the inverse",
        "[zhang2005schur] chapter 1",
        ("inv(E*inv(K)*E.T) == E*K*E.T - E*K*F.T*inv(F*K*F.T)*F*K*E.T",),
        _BLOCKS,
        not_needed=("inv(E*inv(K)*E.T)", "inv(F*K*F.T)", "E*E.T == I", "F*F.T == I"),
        note=_FOLLOWS,
    ),
    Fact(
        "the off-diagonal block of an inverse",
        "[horn2013matrix] section 0.7.3",
        ("E*inv(K)*F.T + inv(S)*E*K*F.T*inv(F*K*F.T) == 0",),
        ("S == E*K*E.T - E*K*F.T*inv(F*K*F.T)*F*K*E.T", *_BLOCKS),
        not_needed=(
            "inv(K)",
            "inv(S)",
            "E*E.T == I",
            "F*F.T == I",
        ),
        note=_FOLLOWS,
    ),
    Fact(
        "the inverse of a block matrix (Banachiewicz)",
        "[zhang2005schur] chapter 1",
        ("inv(K) == F.T*inv(D)*F + (E.T - F.T*inv(D)*F*K*E.T)*inv(S)*(E - E*K*F.T*inv(D)*F)",),
        ("D == F*K*F.T", "S == E*K*E.T - E*K*F.T*inv(D)*F*K*E.T", *_BLOCKS),
        not_needed=(
            "inv(K)",
            "inv(S)",
            "E*E.T == I",
            "F*F.T == I",
        ),
        note=_FOLLOWS,
    ),
    Fact(
        "the block factorization (Aitken)",
        "[zhang2005schur] chapter 1",
        ("K == (I + E.T*E*K*F.T*inv(D)*F)*(E.T*S*E + F.T*D*F)*(I + F.T*inv(D)*F*K*E.T*E)",),
        ("D == F*K*F.T", "S == E*K*E.T - E*K*F.T*inv(D)*F*K*E.T", *_BLOCKS),
        not_needed=(
            "E*E.T == I",
            "F*F.T == I",
        ),
        note=_FOLLOWS,
    ),
    Fact(
        "the inverse of a block triangular matrix",
        "[horn2013matrix] section 0.9.4",
        (
            "inv(K) == E.T*inv(E*K*E.T)*E + F.T*inv(F*K*F.T)*F"
            " - F.T*inv(F*K*F.T)*F*K*E.T*inv(E*K*E.T)*E",
        ),
        ("E*K*F.T == 0", *_BLOCKS),
        not_needed=("inv(K)", "inv(E*K*E.T)", "inv(F*K*F.T)", "E*E.T == I", "F*F.T == I"),
        note=_FOLLOWS,
    ),
    Fact(
        "the vanishing block of the inverse of a block triangular matrix",
        "[horn2013matrix] section 0.9.4",
        ("E*inv(K)*F.T == 0",),
        ("E*K*F.T == 0", *_BLOCKS),
        not_needed=("E*E.T == I", "F*F.T == I"),
        note="True by counting dimensions, not by the equations alone.",
    ),
    Fact(
        "the inverse of a block triangular matrix with identity blocks",
        "[horn2013matrix] section 0.9.4",
        ("inv(I + E.T*B*F) == I - E.T*B*F",),
        ("F*E.T == 0",),
        not_needed=("inv(I + E.T*B*F)",),
        note="The inverse is shown by the statement.",
    ),
    Fact(
        "complementary blocks are orthogonal",
        "[zhang2005schur] chapter 1",
        ("E*F.T == 0",),
        ("E.T*E + F.T*F == I", "E*E.T == I"),
    ),
    Fact(
        "eliminating one block of a linear system",
        "[zhang2005schur] chapter 1",
        ("(E*K*E.T - E*K*F.T*inv(F*K*F.T)*F*K*E.T)*E*X == E*B - E*K*F.T*inv(F*K*F.T)*F*B",),
        ("K*X == B", "E.T*E + F.T*F == I"),
    ),
    Fact(
        "the blocks of an isometry",
        "[golub2013matrix] section 2.5",
        ("(E*Q).T*(E*Q) + (F*Q).T*(F*Q) == I",),
        ("Q.T*Q == I", "E.T*E + F.T*F == I"),
    ),
)

_GREVILLE_RANGES = ("pinv(A)*A*B*B.T*A.T == B*B.T*A.T", "B*pinv(B)*A.T*A*B == A.T*A*B")
_REVERSE = "pinv(A*B) == pinv(B)*pinv(A)"
_TRIPLE = "pinv(A*B*C) == pinv(C)*pinv(B)*pinv(A)"
# Hartwig's two products: the reverse order law says that Q is an inverse of P, and when.
_HARTWIG = ("P == pinv(A)*A*B*C*pinv(C)", "Q == C*pinv(C)*pinv(B)*pinv(A)*A")

_REVERSE_ORDER = (
    Fact(
        "reverse order law, sufficient (Greville)",
        "[greville1966product]",
        (_REVERSE,),
        _GREVILLE_RANGES,
    ),
    Fact(
        "reverse order law, necessary (Greville)",
        "[greville1966product]",
        _GREVILLE_RANGES,
        (_REVERSE,),
    ),
    Fact(
        "reverse order law by commuting, sufficient",
        "[greville1966product]",
        (_REVERSE,),
        ("pinv(A)*A*B*B.T == B*B.T*pinv(A)*A", "B*pinv(B)*A.T*A == A.T*A*B*pinv(B)"),
    ),
    Fact(
        "reverse order law by commuting, necessary",
        "[greville1966product]",
        ("pinv(A)*A*B*B.T == B*B.T*pinv(A)*A", "B*pinv(B)*A.T*A == A.T*A*B*pinv(B)"),
        (_REVERSE,),
    ),
    Fact(
        "reverse order law in one equation, sufficient",
        "[greville1966product]",
        (_REVERSE,),
        ("pinv(A)*A*B*B.T*A.T*A*B*pinv(B) == B*B.T*A.T*A",),
    ),
    Fact(
        "reverse order law in one equation, necessary",
        "[greville1966product]",
        ("pinv(A)*A*B*B.T*A.T*A*B*pinv(B) == B*B.T*A.T*A",),
        (_REVERSE,),
    ),
    Fact(
        "reverse order law by one commutation, sufficient (Arghiriade)",
        "[arghiriade1967remarques]",
        (_REVERSE,),
        ("M == A.T*A*B*B.T", "M*pinv(M) == pinv(M)*M"),
    ),
    Fact(
        "reverse order law by one commutation, necessary (Arghiriade)",
        "[arghiriade1967remarques]",
        ("M*pinv(M) == pinv(M)*M",),
        (_REVERSE, "M == A.T*A*B*B.T"),
    ),
    Fact(
        "the left projector of a product, sufficient",
        "[djordjevic2010reverse]",
        ("A*B*pinv(A*B) == A*B*pinv(B)*pinv(A)",),
        ("B*pinv(B)*A.T*A*B == A.T*A*B",),
    ),
    Fact(
        "the left projector of a product, necessary",
        "[djordjevic2010reverse]",
        ("B*pinv(B)*A.T*A*B == A.T*A*B",),
        ("A*B*pinv(A*B) == A*B*pinv(B)*pinv(A)",),
    ),
    Fact(
        "the right projector of a product, sufficient",
        "[djordjevic2010reverse]",
        ("pinv(A*B)*A*B == pinv(B)*pinv(A)*A*B",),
        ("A*B*B.T*pinv(A)*A == A*B*B.T",),
    ),
    Fact(
        "the right projector of a product, necessary",
        "[djordjevic2010reverse]",
        ("A*B*B.T*pinv(A)*A == A*B*B.T",),
        ("pinv(A*B)*A*B == pinv(B)*pinv(A)*A*B",),
    ),
    Fact(
        "the reversed product is an inner inverse, sufficient",
        "[rao1971generalized] chapter 2",
        ("A*B*pinv(B)*pinv(A)*A*B == A*B",),
        ("pinv(A)*A*B*pinv(B) == B*pinv(B)*pinv(A)*A",),
    ),
    Fact(
        "the reversed product is an inner inverse, necessary",
        "[rao1971generalized] chapter 2",
        ("pinv(A)*A*B*pinv(B) == B*pinv(B)*pinv(A)*A",),
        ("A*B*pinv(B)*pinv(A)*A*B == A*B",),
    ),
    Fact(
        "the pseudo-inverse of any product (Cline)",
        "[cline1964note]",
        ("pinv(A*B) == pinv(X)*pinv(Y)",),
        ("X == pinv(A)*A*B", "Y == A*X*pinv(X)"),
    ),
    Fact(
        "reverse order law: an isometry on the left",
        "[greville1966product]",
        (_REVERSE,),
        ("A.T*A == I",),
    ),
    Fact(
        "reverse order law: an isometry's transpose on the right",
        "[greville1966product]",
        (_REVERSE,),
        ("B*B.T == I",),
    ),
    Fact(
        "reverse order law: a matrix and its transpose",
        "[greville1966product]",
        (_REVERSE,),
        ("B == A.T",),
    ),
    Fact(
        "reverse order law: a matrix and its pseudo-inverse",
        "[greville1966product]",
        (_REVERSE,),
        ("B == pinv(A)",),
    ),
    Fact(
        "reverse order law: commuting Gram matrices",
        "[greville1966product], a corollary",
        (_REVERSE,),
        ("A.T*A*B*B.T == B*B.T*A.T*A",),
    ),
    Fact(
        "triple reverse order law, sufficient (Hartwig)",
        "[hartwig1986reverse]",
        (_TRIPLE,),
        (
            *_HARTWIG,
            "P*Q*P == P",
            "Q*P*Q == Q",
            "(A.T*A*P*Q).T == A.T*A*P*Q",
            "(Q*P*C*C.T).T == Q*P*C*C.T",
        ),
    ),
    Fact(
        "triple reverse order law, necessary (Hartwig)",
        "[hartwig1986reverse]",
        (
            "P*Q*P == P",
            "Q*P*Q == Q",
            "(A.T*A*P*Q).T == A.T*A*P*Q",
            "(Q*P*C*C.T).T == Q*P*C*C.T",
        ),
        (*_HARTWIG, _TRIPLE),
    ),
    Fact(
        "triple reverse order law by ranges, sufficient (Hartwig)",
        "[hartwig1986reverse]",
        (_TRIPLE,),
        (
            *_HARTWIG,
            "P*Q*P*Q == P*Q",
            "A.T*A*P == Q.T*K",
            "Q.T == A.T*A*P*L",
            "C*C.T*P.T == Q*M",
            "Q == C*C.T*P.T*N",
        ),
        not_needed=(
            "A.T*A*P == Q.T*K",
            "Q.T == A.T*A*P*L",
            "C*C.T*P.T == Q*M",
            "Q == C*C.T*P.T*N",
        ),
        note="Any three of the four inclusions give the fourth by counting dimensions.",
    ),
    Fact(
        "triple reverse order law by ranges, necessary (Hartwig)",
        "[hartwig1986reverse]",
        (
            "P*Q*P*Q == P*Q",
            "Q.T*pinv(Q.T)*A.T*A*P == A.T*A*P",
            "A.T*A*P*pinv(A.T*A*P)*Q.T == Q.T",
            "Q*pinv(Q)*C*C.T*P.T == C*C.T*P.T",
            "C*C.T*P.T*pinv(C*C.T*P.T)*Q == Q",
        ),
        (*_HARTWIG, _TRIPLE),
    ),
    Fact(
        "triple reverse order law: isometries outside",
        "[penrose1955inverse] Lemma 1",
        (_TRIPLE,),
        ("A.T*A == I", "C*C.T == I"),
    ),
    Fact(
        "triple reverse order law: a range and a row space that are invariant",
        "[hartwig1986reverse], a case",
        (_TRIPLE,),
        ("pinv(A)*A == I", "C*pinv(C) == I", "A.T*A*B == B*M", "B*C*C.T == N*B"),
    ),
)

_EP_AND_NORMAL = (
    Fact(
        "EP matrices: the pseudo-inverse is a group inverse",
        "[benisrael2003generalized] chapter 4",
        ("A*A*pinv(A) == A", "pinv(A)*pinv(A)*A == pinv(A)", "pinv(A*A) == pinv(A)*pinv(A)"),
        ("A*pinv(A) == pinv(A)*A",),
    ),
    Fact(
        "EP from equal ranges of a matrix and its transpose",
        "[benisrael2003generalized] chapter 4",
        ("A*pinv(A) == pinv(A)*A",),
        ("A == A.T*K", "A.T == A*L"),
        not_needed=("A == A.T*K", "A.T == A*L"),
        note=_RANK,
    ),
    Fact(
        "EP from the group inverse's equations",
        "[benisrael2003generalized] chapter 4",
        ("X == pinv(A)",),
        ("A*X*A == A", "X*A*X == X", "A*X == X*A", "A*pinv(A) == pinv(A)*A"),
    ),
    Fact(
        "the group inverse is unique",
        "[benisrael2003generalized] chapter 4",
        ("X == Y",),
        (
            "A*X*A == A",
            "X*A*X == X",
            "A*X == X*A",
            "A*Y*A == A",
            "Y*A*Y == Y",
            "A*Y == Y*A",
        ),
    ),
    Fact(
        "the group inverse commutes with what the matrix commutes with",
        "[benisrael2003generalized] chapter 4",
        ("X*B == B*X",),
        ("A*X*A == A", "X*A*X == X", "A*X == X*A", "A*B == B*A"),
    ),
    Fact(
        "the group inverse from a full-rank factorization (Cline)",
        "[benisrael2003generalized] chapter 4",
        ("A*X*A == A", "X*A*X == X", "A*X == X*A"),
        ("A == B*C", "X == B*inv(C*B)*inv(C*B)*C"),
    ),
    Fact(
        "EP and star-dagger matrices are normal",
        "[hartwig1983commute]",
        ("A*A.T == A.T*A",),
        ("A*pinv(A) == pinv(A)*A", "A.T*pinv(A) == pinv(A)*A.T"),
    ),
    Fact(
        "bi-normal matrices are bi-dagger",
        "[hartwig1983commute]",
        ("pinv(A*A) == pinv(A)*pinv(A)",),
        ("A*A.T*A.T*A == A.T*A*A*A.T",),
    ),
    Fact(
        "bi-dagger matrices are bi-EP",
        "[hartwig1983commute]",
        ("A*pinv(A)*pinv(A)*A == pinv(A)*A*A*pinv(A)",),
        ("pinv(A*A) == pinv(A)*pinv(A)",),
    ),
    Fact(
        "normal EP: a partial isometry that commutes with its transpose",
        "[benisrael2003generalized] chapter 6, partial isometries",
        ("A*pinv(A) == pinv(A)*A", "A*A.T*A.T == A.T"),
        ("A*A.T*A == A", "A*A.T == A.T*A"),
    ),
    Fact(
        "commuting symmetric matrices and their pseudo-inverses",
        "[koliha2007moore]",
        ("pinv(A)*pinv(B) == pinv(B)*pinv(A)", "pinv(A*B) == pinv(A)*pinv(B)"),
        ("A == A.T", "A*B == B*A"),
    ),
    Fact(
        "doubly commuting matrices and their pseudo-inverses",
        "[koliha2007moore]",
        ("pinv(A)*B == B*pinv(A)", "pinv(A*B) == pinv(B)*pinv(A)"),
        ("A*B == B*A", "A.T*B == B*A.T"),
    ),
    Fact(
        "what commutes with a normal matrix commutes with its transpose (Fuglede)",
        "[horn2013matrix] section 2.5, problems",
        ("A.T*B == B*A.T",),
        ("A*A.T == A.T*A", "A*B == B*A"),
        note="The usual proofs use traces or eigenspaces, not these equations alone.",
    ),
)

_SUMS_AND_ORDERS = (
    Fact(
        "star-orthogonal matrices: the pseudo-inverse is additive",
        "[penrose1955inverse] Lemma 1",
        ("pinv(A + B) == pinv(A) + pinv(B)",),
        ("A.T*B == 0", "A*B.T == 0"),
    ),
    Fact(
        "the pseudo-inverse of symmetric matrices with vanishing product is additive",
        "[cline1965representations]",
        ("pinv(A + B) == pinv(A) + pinv(B)",),
        ("A == A.T", "B == B.T", "A*B == 0"),
    ),
    Fact(
        "the star order passes to pseudo-inverses",
        "[drazin1978natural]",
        ("pinv(B - A) == pinv(B) - pinv(A)", "pinv(A).T*pinv(A) == pinv(A).T*pinv(B)"),
        ("A.T*A == A.T*B", "A*A.T == B*A.T"),
    ),
    Fact(
        "the star order by pseudo-inverses",
        "[drazin1978natural]",
        ("A.T*A == A.T*B", "A*A.T == B*A.T"),
        ("pinv(A)*A == pinv(A)*B", "A*pinv(A) == B*pinv(A)"),
    ),
    Fact(
        "the star order is transitive",
        "[drazin1978natural]",
        ("A.T*A == A.T*C", "A*A.T == C*A.T"),
        ("A.T*A == A.T*B", "A*A.T == B*A.T", "B.T*B == B.T*C", "B*B.T == C*B.T"),
    ),
    Fact(
        "the star order is antisymmetric",
        "[drazin1978natural]",
        ("A == B",),
        ("A.T*A == A.T*B", "B.T*B == B.T*A"),
    ),
    Fact(
        "below an orthogonal projector in the star order",
        "[drazin1978natural]",
        ("A*A == A", "A == A.T"),
        ("A.T*A == A.T*P", "A*A.T == P*A.T", *_P),
    ),
    Fact(
        "the minus order by any inner inverse of the larger",
        "[hartwig1980partially]",
        ("A*pinv(B)*A == A", "A*pinv(B)*B == A", "B*pinv(B)*A == A"),
        ("A*G*A == A", "A*G == B*G", "G*A == G*B"),
    ),
    Fact(
        "the minus order from the larger matrix's pseudo-inverse",
        "[hartwig1980partially]",
        ("G*A == G*B", "A*G == B*G", "A*G*A == A"),
        (
            "A*pinv(B)*A == A",
            "A*pinv(B)*B == A",
            "B*pinv(B)*A == A",
            "G == pinv(B)*A*pinv(B)",
        ),
    ),
    Fact(
        "the star order implies the minus order",
        "[hartwig1980partially]",
        ("A*pinv(B)*A == A", "(B - A)*pinv(B)*(B - A) == B - A"),
        ("A.T*A == A.T*B", "A*A.T == B*A.T"),
    ),
)

_EQUATIONS = (
    Fact(
        "a linear equation that is solvable",
        "[penrose1955inverse] Theorem 2",
        ("A*pinv(A)*B == B",),
        ("A*X == B",),
    ),
    Fact(
        "every matrix of the general form solves a linear equation",
        "[penrose1955inverse] Theorem 2",
        ("A*(pinv(A)*B + (I - pinv(A)*A)*W) == B",),
        ("A*pinv(A)*B == B",),
    ),
    Fact(
        "every solution of a linear equation has the general form",
        "[penrose1955inverse] Theorem 2",
        ("X == pinv(A)*B + (I - pinv(A)*A)*X",),
        ("A*X == B",),
    ),
    Fact(
        "a two-sided linear equation that is solvable",
        "[penrose1955inverse] Theorem 2",
        ("A*pinv(A)*C*pinv(B)*B == C",),
        ("A*X*B == C",),
    ),
    Fact(
        "every matrix of the general form solves a two-sided equation",
        "[penrose1955inverse] Theorem 2",
        ("A*(pinv(A)*C*pinv(B) + Y - pinv(A)*A*Y*B*pinv(B))*B == C",),
        ("A*pinv(A)*C*pinv(B)*B == C",),
    ),
    Fact(
        "the solvability of a two-sided equation by inner inverses",
        "[rao1971generalized] chapter 2",
        ("A*G*C*H*B == C",),
        ("A*G*A == A", "B*H*B == B", "A*X*B == C"),
    ),
    Fact(
        "a common solution of two equations, necessary",
        "[penrose1955inverse]",
        ("A*D == C*B",),
        ("A*X == C", "X*B == D"),
    ),
    Fact(
        "a common solution of two equations, sufficient",
        "[penrose1955inverse]",
        ("A*X == C", "X*B == D"),
        (
            "A*pinv(A)*C == C",
            "D*pinv(B)*B == D",
            "A*D == C*B",
            "X == pinv(A)*C + D*pinv(B) - pinv(A)*A*D*pinv(B)",
        ),
    ),
    Fact(
        "the normal equations give the projection",
        "[benisrael2003generalized] chapter 3",
        ("A*X == A*pinv(A)*B",),
        ("A.T*A*X == A.T*B",),
    ),
    Fact(
        "the projection solves the normal equations",
        "[benisrael2003generalized] chapter 3",
        ("A.T*A*X == A.T*B",),
        ("A*X == A*pinv(A)*B",),
    ),
    Fact(
        "least squares: Pythagoras",
        "[golub2013matrix] section 5.3",
        ("(B - A*Y).T*(B - A*Y) == (B - A*X).T*(B - A*X) + (A*X - A*Y).T*(A*X - A*Y)",),
        ("A.T*A*X == A.T*B",),
    ),
    Fact(
        "least norm: Pythagoras",
        "[penrose1956best]",
        ("X.T*X == (pinv(A)*B).T*(pinv(A)*B) + (X - pinv(A)*B).T*(X - pinv(A)*B)",),
        ("A*X == B",),
    ),
    Fact(
        "least squares of least norm: Pythagoras",
        "[penrose1956best]",
        ("X.T*X == (pinv(A)*B).T*(pinv(A)*B) + (X - pinv(A)*B).T*(X - pinv(A)*B)",),
        ("A.T*A*X == A.T*B",),
    ),
    Fact(
        "the only solution in the row space",
        "[benisrael2003generalized] chapter 3",
        ("X == pinv(A)*B",),
        ("A*X == B", "X == A.T*W"),
    ),
    Fact(
        "the only least-squares solution in the row space",
        "[benisrael2003generalized] chapter 3",
        ("X == pinv(A)*B",),
        ("A.T*A*X == A.T*B", "pinv(A)*A*X == X"),
    ),
    Fact(
        "two solutions differ by a kernel element",
        "[benisrael2003generalized] chapter 2",
        ("X - Y == (I - pinv(A)*A)*(X - Y)",),
        ("A*X == B", "A*Y == B"),
    ),
    Fact(
        "a left inverse is at least as large as the pseudo-inverse (Gauss-Markov)",
        "[rao1971generalized] linear estimation",
        ("L*L.T == pinv(A)*pinv(A).T + (L - pinv(A))*(L - pinv(A)).T",),
        ("L*A == I",),
    ),
    Fact(
        "a weighted left inverse is smallest (Aitken)",
        "[rao1971generalized] linear estimation",
        ("L*V*L.T == G*V*G.T + (L - G)*V*(L - G).T",),
        ("L*A == I", "V == V.T", "G == inv(A.T*inv(V)*A)*A.T*inv(V)"),
        not_needed=("inv(A.T*inv(V)*A)",),
        note=_MEANING,
    ),
    Fact(
        "a square system without a kernel",
        "[horn2013matrix] section 0.5",
        ("X == inv(A)*B",),
        ("A*X == B",),
    ),
)

FACTS: tuple[Fact, ...] = (
    *_MOORE_PENROSE,
    *_GRAM_AND_KERNELS,
    *_NESTED_SPACES,
    *_PROJECTORS,
    *_INVERSES,
    *_BLOCK_INVERSES,
    *_REVERSE_ORDER,
    *_EP_AND_NORMAL,
    *_SUMS_AND_ORDERS,
    *_EQUATIONS,
)

# The same section of the handbooks, where nothing is assumed.
UNCONDITIONAL: tuple[Fact, ...] = tuple(
    Fact(name, source, statements, shapes=shapes)
    for name, source, statements, shapes in (
        ("twice", "[penrose1955inverse] Lemma 1", ("pinv(pinv(A)) == A",), {}),
        ("transposed", "[penrose1955inverse] Lemma 1", ("pinv(A.T) == pinv(A).T",), {}),
        (
            "of a Gram matrix",
            "[penrose1955inverse] Lemma 1",
            ("pinv(A.T*A) == pinv(A)*pinv(A).T", "pinv(A*A.T) == pinv(A).T*pinv(A)"),
            {},
        ),
        (
            "by a Gram matrix",
            "[hogben2006handbook] section 5.7",
            ("pinv(A) == pinv(A.T*A)*A.T", "pinv(A) == A.T*pinv(A*A.T)"),
            {},
        ),
        (
            "absorbing the transpose",
            "[penrose1955inverse] after Theorem 1",
            ("A.T*A*pinv(A) == A.T", "pinv(A)*A*A.T == A.T", "A.T*pinv(A).T*pinv(A) == pinv(A)"),
            {},
        ),
        (
            "the projectors of a Gram matrix",
            "[benisrael2003generalized] chapter 1",
            ("A.T*A*pinv(A.T*A) == pinv(A)*A", "A*A.T*pinv(A*A.T) == A*pinv(A)"),
            {},
        ),
        (
            "the four projectors",
            "[hogben2006handbook] section 5.7",
            (
                "pinv(A*pinv(A)) == A*pinv(A)",
                "pinv(I - A*pinv(A)) == I - A*pinv(A)",
                "(I - pinv(A)*A)*(I - pinv(A)*A) == I - pinv(A)*A",
                "A*(I - pinv(A)*A) == 0",
            ),
            {},
        ),
        (
            "through the middle",
            "[benisrael2003generalized] chapter 1",
            ("pinv(A) == A.T*pinv(A.T*A*A.T)*A.T",),
            {},
        ),
        ("scaled", "[penrose1955inverse] Lemma 1", ("pinv(2*A) == 1/2*pinv(A)",), {}),
        (
            "of a product, in two factors",
            "[campbell1979generalized] chapter 1",
            ("pinv(A*B) == pinv(pinv(A)*A*B)*pinv(A*B*pinv(B))",),
            {},
        ),
        (
            "of a column times a row",
            "[hogben2006handbook] section 5.7",
            ("pinv(u*v.T) == pinv(v.T)*pinv(u)",),
            {"u": "mx1", "v": "nx1"},
        ),
        (
            "a factor and a sum of Gram matrices",
            "[anderson1969series]",
            ("A*pinv(A.T*A + B.T*B)*(A.T*A + B.T*B) == A",),
            {},
        ),
        (
            "a triple product with its outer parts repeated",
            "[campbell1979generalized] chapter 1",
            ("pinv(A.T*A*A.T) == pinv(A).T*pinv(A)*pinv(A).T",),
            {},
        ),
        (
            "two projections in a row, absorbed",
            "[cline1964note]",
            ("B*pinv(A*B) == B*pinv(A*B)*A*pinv(A)", "pinv(A*B)*A == pinv(B)*B*pinv(A*B)*A"),
            {},
        ),
    )
)

# Each has a small counterexample; several are the facts above with an assumption left out.
FALSE_STATEMENTS: tuple[Fact, ...] = tuple(
    Fact(name, "", (statement,), assume)
    for name, statement, assume in (
        ("a Gram matrix is invertible", "pinv(X.T*X)*X.T*X == I", ()),
        ("the reverse order law always holds", _REVERSE, ()),
        ("the pseudo-inverse is additive", "pinv(A + B) == pinv(A) + pinv(B)", ()),
        ("a product of orthogonal projectors is one", "P*Q*P*Q == P*Q", (*_P, *_Q)),
        ("a sum of orthogonal projectors is one", "(P + Q)*(P + Q) == P + Q", (*_P, *_Q)),
        (
            "an oblique projector is its own pseudo-inverse",
            "pinv(P) == P",
            ("P*P == P",),
        ),
        ("every square matrix is EP", "A*pinv(A) == pinv(A)*A", ("A*A*A == A",)),
        ("the square's pseudo-inverse is the square", "pinv(A*A) == pinv(A)*pinv(A)", ()),
        ("EP matrices are normal", "A*A.T == A.T*A", ("A*pinv(A) == pinv(A)*A",)),
        ("star-dagger matrices are normal", "A*A.T == A.T*A", ("A.T*pinv(A) == pinv(A)*A.T",)),
        ("Greville's first condition is enough", _REVERSE, _GREVILLE_RANGES[:1]),
        ("Greville's second condition is enough", _REVERSE, _GREVILLE_RANGES[1:]),
        (
            "commuting projectors are enough for the reverse order law",
            _REVERSE,
            ("pinv(A)*A*B*pinv(B) == B*pinv(B)*pinv(A)*A",),
        ),
        ("an isometry on the right is enough", _REVERSE, ("B.T*B == I",)),
        (
            "inner inverses are enough for the triple reverse order law",
            _TRIPLE,
            (*_HARTWIG, "P*Q*P == P", "Q*P*Q == Q"),
        ),
        ("three Penrose equations are enough", "X == pinv(A)", _PENROSE[:3]),
        ("an inner inverse is the pseudo-inverse", "G == pinv(A)", ("A*G*A == A",)),
        ("cancellation without the Gram matrix", "X == Y", ("A*X == A*Y",)),
        ("a nilpotent vanishes", "A == 0", ("A*A == 0",)),
        ("a left inverse is a right inverse", "A*L == I", ("L*A == I",)),
        ("a solvable equation has one solution", "X == pinv(A)*B", ("A*X == B",)),
        ("every equation is solvable", "A*pinv(A)*B == B", ()),
        ("commuting passes to pseudo-inverses", "pinv(A)*B == B*pinv(A)", ("A*B == B*A",)),
        ("the inverse is additive", "inv(A + B) == inv(A) + inv(B)", ()),
        (
            "the parallel sum needs nothing",
            "A*pinv(A + B)*B == B*pinv(A + B)*A",
            ("A == A.T", "B == B.T"),
        ),
        (
            "one orthogonality is enough for additivity",
            "pinv(A + B) == pinv(A) + pinv(B)",
            ("A.T*B == 0",),
        ),
        ("inverses multiply in the same order", "inv(A*B) == inv(A)*inv(B)", ()),
        ("Woodbury with the wrong sign", "inv(I + U*V) == I + U*inv(I + V*U)*V", ()),
        (
            "the block of an inverse is the inverse of the block",
            "E*inv(K)*E.T == inv(E*K*E.T)",
            ("E*E.T == I",),
        ),
    )
)
