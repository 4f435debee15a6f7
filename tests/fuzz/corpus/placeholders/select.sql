select * from t where a=:a and b>:b_2 -- :c
 or c in (:a,:C, '\' :x', ?)