/** The profile that every format of this version belongs to. */
export const PROFILE = "undersigned/1";
